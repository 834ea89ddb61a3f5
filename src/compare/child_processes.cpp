// SPDX-License-Identifier: Apache-2.0
#include "compare/child_processes.h"

#include <fmt/format.h>

#include <algorithm>
#include <anda/base/error.h>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <thread>

#include "files/child_process.h"

namespace anda::sim {
namespace {

constexpr auto time_between_looks = std::chrono::milliseconds(2);

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Error failure(const ChildTask& task, ChildProcess::End end) {
  if (end.by_signal) {
    return Error::run(fmt::format("{}: its simulation was terminated by signal {}", task.label, end.number));
  }
  std::string said = text_of(task.errors_path);
  const std::string prefix = "error: ";
  if (said.compare(0, prefix.size(), prefix) == 0) said.erase(0, prefix.size());
  while (!said.empty() && said.back() == '\n') said.pop_back();
  if (said.empty()) said = fmt::format("exit status {}", end.number);
  return Error::run(fmt::format("{}: its simulation failed: {}", task.label, said));
}

/// The running child processes; all end with this object.
class Children {
 public:
  Children() = default;
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;
  ~Children() {
    for (const Child& child : running_) child.process.end();
  }

  std::size_t count() const { return running_.size(); }

  void start(const ChildTask& task, const std::string& jobs) {
    std::vector<std::string> arguments = task.arguments;
    arguments.insert(arguments.end(), {"--jobs", jobs});
    try {
      // Ended by SIGTERM, on which a simulation removes its unfinished files.
      running_.push_back(
          {ChildProcess([&] { return become_this_program(arguments, task.errors_path); }, {SIGTERM}), &task});
    } catch (const Error& error) {
      throw Error::run(task.label + ": " + error.what());
    }
  }

  /// Removes children that have ended and returns their number. Throws if one failed.
  std::size_t collect() {
    const auto is_done = [](const Child& child) {
      const std::optional<ChildProcess::End> end = child.process.ended();
      if (end && (end->by_signal || end->number != 0)) throw failure(*child.task, *end);
      return end.has_value();
    };
    const auto done = std::remove_if(running_.begin(), running_.end(), is_done);
    const auto ended = static_cast<std::size_t>(running_.end() - done);
    running_.erase(done, running_.end());
    return ended;
  }

 private:
  struct Child {
    ChildProcess process;
    const ChildTask* task;
  };

  std::vector<Child> running_;
};

}  // namespace

void run_children(const std::vector<ChildTask>& tasks, std::size_t at_once, const std::function<bool(double)>& go_on) {
  const std::string jobs = std::to_string(std::max<std::size_t>(1, at_once / std::max<std::size_t>(1, tasks.size())));
  Children children;
  std::size_t started = 0;
  std::size_t done = 0;
  while (done < tasks.size()) {
    while (started < tasks.size() && children.count() < at_once) children.start(tasks[started++], jobs);
    if (!go_on(static_cast<double>(done) / static_cast<double>(tasks.size()))) throw Error::run("interrupted");
    const std::size_t ended = children.collect();
    done += ended;
    if (ended == 0) std::this_thread::sleep_for(time_between_looks);
  }
}

}  // namespace anda::sim
