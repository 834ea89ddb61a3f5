// SPDX-License-Identifier: Apache-2.0
#include "system/waveforms.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <anda/base/error.h>
#include <cerrno>
#include <system_error>
#include <vector>

namespace anda::sim {
namespace {

constexpr std::size_t part_bytes = 1u << 16;
constexpr int milliseconds_between_polls = 10;

}  // namespace

Waveforms::Waveforms(AtomicFile& file) : file_(file) {
  open_pipe();
  copier_ = std::thread([this] { copy(); });
}

void Waveforms::open_pipe() {
  const auto fail = [](const std::string& path) {
    throw Error::run(path + ": cannot create a pipe for the waveforms: " + std::generic_category().message(errno));
  };
  // The kernel appends .vcd to the name itself, and reports that a time unit was set.
  const std::string name = (folder_.path() / "waves").string();
  const std::string path = name + ".vcd";
  if (::mkfifo(path.c_str(), 0600) != 0) fail(path);
  // Opened for reading and writing, so that the pipe neither ends nor lacks a reader before the kernel opens it, at the
  // first change.
  pipe_ = FileDescriptor(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (pipe_.get() < 0) fail(path);
  sc_core::sc_report_handler::set_actions("tracing timescale unit set", sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  trace_file_ = sc_core::sc_create_vcd_trace_file(name.c_str());
  trace_file_->set_time_unit(1, sc_core::SC_PS);
}

void Waveforms::copy() {
  std::vector<char> part(part_bytes);
  for (;;) {
    const bool is_last = ended_;  // read before polling the pipe: it then holds everything written until the end
    pollfd wanted{pipe_.get(), POLLIN, 0};
    if (::poll(&wanted, 1, milliseconds_between_polls) <= 0) {
      if (is_last) return;
      continue;
    }
    const ssize_t bytes = ::read(pipe_.get(), part.data(), part.size());
    if (bytes <= 0 || failed_) continue;  // keep reading, so that the kernel never blocks on the pipe
    try {
      file_.stream().write(part.data(), bytes);
    } catch (...) {
      failure_ = std::current_exception();
      failed_ = true;
    }
  }
}

void Waveforms::end() {
  ended_ = true;
  if (copier_.joinable()) copier_.join();
}

void Waveforms::close() {
  sc_core::sc_close_vcd_trace_file(trace_file_);
  end();
  if (failure_) std::rethrow_exception(failure_);
}

// The kernel's file stays open if the simulation ended with an exception: a file without any change cannot be closed.
Waveforms::~Waveforms() { end(); }

}  // namespace anda::sim
