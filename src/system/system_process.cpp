// SPDX-License-Identifier: Apache-2.0
#include "system/system_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <new>
#include <system_error>

#include "files/bytes.h"
#include "system/result_codec.h"

namespace anda::sim {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto time_between_words = std::chrono::milliseconds(50);
constexpr int exit_without_memory = 3;

/// The header of a message.
struct Header {
  enum class Kind : std::uint32_t { progress, result, wrong_input, failed, other_failure };
  Kind kind;
  std::uint64_t bytes;  ///< bytes that follow the header
};

/// Ends the process if memory is too short for a message.
[[noreturn]] void end_without_memory() {
  try {
    if (const std::exception_ptr error = std::current_exception()) std::rethrow_exception(error);
  } catch (const std::bad_alloc&) {
    ::_exit(exit_without_memory);
  } catch (...) {  // a bug, which a debugger should see
  }
  std::abort();
}

void write_all(int pipe, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(pipe, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) ::_exit(EXIT_FAILURE);  // no reader
    data += written;
    size -= static_cast<std::size_t>(written);
  }
}

void send(int pipe, Header::Kind kind, std::string_view bytes) {
  const Header header{kind, bytes.size()};
  std::array<char, sizeof header> start{};
  std::memcpy(start.data(), &header, sizeof header);
  write_all(pipe, start.data(), start.size());
  write_all(pipe, bytes.data(), bytes.size());
}

/// The main function of the process.
int live(int pipe, const SystemProcess::Work& work) {
  // The user's Ctrl-C is handled by the parent, which ends its processes.
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGTERM, SIG_DFL);
  std::set_terminate(end_without_memory);
  try {
    Clock::time_point next;
    const auto progress = [&](double done) {
      const Clock::time_point now = Clock::now();
      if (now < next) return true;
      next = now + time_between_words;
      std::string bytes;
      ByteWriter(bytes).put_raw(done);
      send(pipe, Header::Kind::progress, bytes);
      return true;
    };
    const auto [result, records] = work(progress);
    std::string bytes;
    ByteWriter out(bytes);
    out.put(records);
    put(out, result);
    send(pipe, Header::Kind::result, bytes);
    return EXIT_SUCCESS;
  } catch (const Error& error) {
    send(pipe, error.kind() == Error::Kind::input ? Header::Kind::wrong_input : Header::Kind::failed, error.what());
  } catch (const std::bad_alloc&) {
    return exit_without_memory;
  } catch (const std::exception& error) {
    send(pipe, Header::Kind::other_failure, error.what());
  }
  return EXIT_FAILURE;
}

}  // namespace

SystemProcess::SystemProcess(std::string system, const Work& work) : system_(std::move(system)) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw Error::run("cannot create a pipe: " + std::generic_category().message(errno));
  }
  pipe_ = FileDescriptor(ends[0]);
  const FileDescriptor write_end(ends[1]);
  std::cout.flush();  // the child would otherwise print the buffered text again
  process_ = std::make_unique<ChildProcess>([&] { return live(write_end.get(), work); }, ChildProcess::Manner{SIGKILL});
}

void SystemProcess::take() {
  std::array<char, 1u << 16> part{};
  const ssize_t bytes = ::read(pipe_.get(), part.data(), part.size());
  if (bytes < 0 && errno == EINTR) return;
  if (bytes <= 0) {
    take_end();
    return;
  }
  received_.append(part.data(), static_cast<std::size_t>(bytes));
  while (!finished() && received_.size() >= sizeof(Header)) {
    Header header{};
    std::memcpy(&header, received_.data(), sizeof header);
    if (received_.size() - sizeof header < header.bytes) return;
    take_message();
    received_.erase(0, sizeof header + header.bytes);
  }
}

void SystemProcess::take_message() {
  Header header{};
  std::memcpy(&header, received_.data(), sizeof header);
  const std::string_view bytes(received_.data() + sizeof header, header.bytes);
  ByteReader in(bytes);
  switch (header.kind) {
    case Header::Kind::progress:
      in.get_raw(done_);
      return;
    case Header::Kind::result:
      done_ = 1;
      in.get(records_);
      get(in, result_.emplace());
      return;
    case Header::Kind::wrong_input:
      failure_ = std::make_exception_ptr(Error::input(std::string(bytes)));
      return;
    case Header::Kind::failed:
      failure_ = std::make_exception_ptr(Error::run(std::string(bytes)));
      return;
    case Header::Kind::other_failure:
      failure_ = std::make_exception_ptr(std::runtime_error(std::string(bytes)));
      return;
  }
}

/// Handles the closing of the pipe, the last action of a process.
void SystemProcess::take_end() {
  std::optional<ChildProcess::End> end;
  while (!(end = process_->ended())) ::usleep(100);
  if (!end->by_signal && end->number == exit_without_memory) {
    failure_ = std::make_exception_ptr(std::bad_alloc());
  } else {
    failure_ = std::make_exception_ptr(
        Error::run(fmt::format("the simulation of {} {} {}", system_,
                               end->by_signal ? "was terminated by signal" : "ended with exit status", end->number)));
  }
}

}  // namespace anda::sim
