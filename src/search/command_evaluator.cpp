// SPDX-License-Identifier: Apache-2.0
#include "search/command_evaluator.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <anda/base/error.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <system_error>
#include <thread>

#include "config/precision_config.h"
#include "text/text.h"

namespace anda::sim {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

constexpr std::size_t longest_answer = 1u << 20;
constexpr int milliseconds_between_looks = 100;
/// Time for the program to exit by itself after the end of its input.
constexpr auto patience = std::chrono::seconds(2);

std::string os_words() { return std::generic_category().message(errno); }

/// A pipe whose ends are not inherited by this process's children.
struct Pipe {
  FileDescriptor read_end;
  FileDescriptor write_end;

  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw Error::run("cannot create a pipe: " + os_words());
    read_end = FileDescriptor(ends[0]);
    write_end = FileDescriptor(ends[1]);
  }
};

/// Blocks SIGPIPE: writing to a program that has ended is an error to report and must not end this process.
class WithoutSigpipe {
 public:
  WithoutSigpipe() {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  WithoutSigpipe(const WithoutSigpipe&) = delete;
  WithoutSigpipe& operator=(const WithoutSigpipe&) = delete;
  ~WithoutSigpipe() {
    // Discards a signal that arrived while blocked; it would be delivered now.
    const timespec at_once{};
    const int code = errno;
    while (::sigtimedwait(&pipe_, nullptr, &at_once) < 0 && errno == EINTR) {
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = code;
  }

 private:
  sigset_t pipe_{};
  sigset_t before_{};
};

Json named(const Combination& combination, const AttentionLengths& attention = {}) {
  Json json;
  for (std::size_t i = 0; i < combination.size(); ++i) json[tensor_types[i]] = combination[i];
  for (std::size_t i = 0; i < attention.size(); ++i) {
    if (attention[i] != 0) json[attention_dimensions[i]] = attention[i];
  }
  return json;
}

Json question_of(const Precisions& precisions) {
  Json question;
  question["combination"] = named(precisions.all, precisions.attention);
  if (!precisions.layers.empty()) {
    std::vector<Json> layers;
    for (const Combination& layer : precisions.layers) layers.push_back(named(layer));
    question["layers"] = layers;
  }
  for (const auto& [position, lengths] : precisions.schedule) {
    question["schedule"][std::to_string(position)] = named(lengths.all, lengths.attention);
  }
  return question;
}

}  // namespace

CommandEvaluator::CommandEvaluator(std::string command, double timeout_s, std::function<bool()> go_on)
    : command_(std::move(command)), timeout_s_(timeout_s), go_on_(std::move(go_on)) {}

CommandEvaluator::~CommandEvaluator() { stop(true); }

double CommandEvaluator::baseline() {
  Json question;
  question["combination"] = nullptr;
  return ask(question.dump(), false).perplexity;
}

double CommandEvaluator::perplexity(const Precisions& precisions) {
  return ask(question_of(precisions).dump(), false).perplexity;
}

Evaluated CommandEvaluator::perplexity_within(const Precisions& precisions, double tolerance) {
  Json question = question_of(precisions);
  question["tolerance"] = tolerance;
  return ask(question.dump(), true);
}

PositionPerplexities CommandEvaluator::by_position(const Precisions* precisions,
                                                   const std::vector<std::uint32_t>& positions) {
  Json question;
  question["combination"] = nullptr;
  if (precisions != nullptr) question = question_of(*precisions);
  question["positions"] = positions;
  const EvaluatorAnswer answer = answer_to(question.dump());
  if (answer.share != 1 || answer.parts.size() != positions.size() + 1) {
    stop(false);
    fail(
        fmt::format("answered a question with {0} positions with {1} perplexities, must be {2}, of the tokens before, "
                    "between and behind them, in \"perplexities\"",
                    positions.size(), answer.parts.size(), positions.size() + 1));
  }
  return {answer.perplexity, answer.parts};
}

Evaluated CommandEvaluator::ask(const std::string& question, bool may_stop) {
  const EvaluatorAnswer answer = answer_to(question);
  if (answer.share != 1 && !may_stop) {
    stop(false);
    fail(fmt::format("ended an evaluation early without being allowed to: stopped_after is {}", answer.share));
  }
  return {answer.perplexity, answer.share};
}

EvaluatorAnswer CommandEvaluator::answer_to(const std::string& question) {
  try {
    if (!process_) start();
    refuse_early_answer();
    EvaluatorAnswer answer = read_evaluator_answer(exchange(question + "\n"));
    if (!answer.problem.empty()) fail(answer.problem);
    ++answers_;
    return answer;
  } catch (...) {
    stop(false);
    throw;
  }
}

void CommandEvaluator::start() {
  Pipe questions;
  Pipe answers;
  const auto become_command = [&] {
    ::signal(SIGINT, SIG_DFL);
    ::signal(SIGTERM, SIG_DFL);
    if (::dup2(questions.read_end.get(), 0) == 0 && ::dup2(answers.write_end.get(), 1) == 1) {
      ::execl("/bin/sh", "sh", "-c", command_.c_str(), nullptr);
    }
    return ChildProcess::not_started;
  };
  try {
    process_.emplace(become_command, ChildProcess::Manner{SIGKILL, true});
  } catch (const Error& error) {
    fail(error.what());
  }
  to_ = std::move(questions.write_end);
  from_ = std::move(answers.read_end);
  for (const int end : {to_.get(), from_.get()}) ::fcntl(end, F_SETFL, ::fcntl(end, F_GETFL) | O_NONBLOCK);
}

void CommandEvaluator::refuse_early_answer() {
  char byte = 0;
  const ssize_t bytes = ::read(from_.get(), &byte, 1);
  if (bytes > 0) fail("wrote to its standard output without being asked, or answered more than once");
  if (bytes == 0) fail_ended();
}

std::string CommandEvaluator::exchange(const std::string& question) {
  const WithoutSigpipe quiet;
  const auto end = Clock::now() + std::chrono::duration<double>(timeout_s_);
  std::size_t sent = 0;
  std::string answer;
  std::array<char, 1u << 16> part{};
  for (;;) {
    if (!go_on_()) throw Error::run("interrupted");
    if (Clock::now() >= end) {
      fail(fmt::format("gave no answer within {} s (--evaluator-timeout)", timeout_s_));
    }
    std::array<pollfd, 2> ends{{{from_.get(), POLLIN, 0}, {sent < question.size() ? to_.get() : -1, POLLOUT, 0}}};
    if (::poll(ends.data(), ends.size(), milliseconds_between_looks) < 0 && errno != EINTR) {
      fail("cannot be waited for: " + os_words());
    }
    if (sent < question.size() && ends[1].revents != 0) {
      const ssize_t bytes = ::write(to_.get(), question.data() + sent, question.size() - sent);
      if (bytes > 0) sent += static_cast<std::size_t>(bytes);
      if (bytes < 0 && errno != EAGAIN && errno != EINTR) fail_ended();
    }
    if (ends[0].revents == 0) continue;
    const ssize_t bytes = ::read(from_.get(), part.data(), part.size());
    if (bytes == 0) fail_ended();
    if (bytes < 0) continue;
    answer.append(part.data(), static_cast<std::size_t>(bytes));
    const std::size_t line_end = answer.find('\n');
    if (line_end != std::string::npos) {
      if (line_end + 1 != answer.size()) fail("answered with more than one line: " + shown(answer));
      answer.resize(line_end);
      return answer;
    }
    if (answer.size() > longest_answer) fail(fmt::format("answered with a line of more than {} bytes", longest_answer));
  }
}

void CommandEvaluator::stop(bool patiently) {
  if (!process_) return;
  to_ = FileDescriptor();
  if (patiently) wait_for_end();
  process_.reset();
  from_ = FileDescriptor();
}

std::optional<ChildProcess::End> CommandEvaluator::wait_for_end() const {
  const auto until = Clock::now() + patience;
  std::optional<ChildProcess::End> end = process_->ended();
  while (!end && Clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    end = process_->ended();
  }
  return end;
}

void CommandEvaluator::fail(const std::string& problem) const {
  throw Error::run(
      fmt::format("the evaluator `{}` {} (after {} answer{})", command_, problem, answers_, answers_ == 1 ? "" : "s"));
}

void CommandEvaluator::fail_ended() {
  // Its output has ended; wait for it to exit, so that its status can be reported.
  const std::optional<ChildProcess::End> end = wait_for_end();
  if (!end) fail("closed its standard output or input");
  fail(end->by_signal ? fmt::format("was terminated by signal {}", end->number)
                      : fmt::format("ended with exit status {}", end->number));
}

}  // namespace anda::sim
