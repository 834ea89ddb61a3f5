// SPDX-License-Identifier: Apache-2.0
#include "compare/child_processes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <anda/base/error.h>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <system_error>
#include <thread>

namespace anda::sim {
namespace {

constexpr auto time_between_looks = std::chrono::milliseconds(2);
constexpr const char* this_program = "/proc/self/exe";
constexpr int exit_not_started = 127;

/// Between fork and exec: only what is safe in a copy of a process.
[[noreturn]] void become(char* const* arguments, const char* errors_path, pid_t parent) {
  // Children do not outlive the comparison, however that ends.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(exit_not_started);
  const int nothing = ::open("/dev/null", O_RDWR);
  const int errors = ::open(errors_path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (nothing < 0 || errors < 0 || ::dup2(nothing, 0) < 0 || ::dup2(nothing, 1) < 0 || ::dup2(errors, 2) < 0) {
    ::_exit(exit_not_started);
  }
  ::execv(this_program, arguments);
  ::_exit(exit_not_started);
}

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The processes that are under way; none is left behind.
class Children {
 public:
  Children() = default;
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;
  ~Children() {
    for (const Child& child : running_) ::kill(child.pid, SIGTERM);
    for (const Child& child : running_) {
      while (::waitpid(child.pid, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
  }

  std::size_t count() const { return running_.size(); }

  void start(const ChildTask& task) {
    std::vector<std::string> words{"anda-sim"};
    words.insert(words.end(), task.arguments.begin(), task.arguments.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) {
      throw Error::run(task.label + ": cannot start a process: " + std::generic_category().message(errno));
    }
    if (pid == 0) become(arguments.data(), task.errors_path.c_str(), parent);
    running_.push_back({pid, &task});
  }

  /// Takes leave of those that have ended; how many. Throws for one that failed.
  std::size_t collect() {
    std::size_t ended = 0;
    for (std::size_t i = 0; i < running_.size();) {
      int status = 0;
      const pid_t pid = ::waitpid(running_[i].pid, &status, WNOHANG);
      if (pid == 0 || (pid < 0 && errno == EINTR)) {
        ++i;
        continue;
      }
      const ChildTask& task = *running_[i].task;
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
      if (pid < 0) throw Error::run(task.label + ": lost sight of its process");
      if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw failure(task, status);
      ++ended;
    }
    return ended;
  }

 private:
  struct Child {
    pid_t pid;
    const ChildTask* task;
  };

  static Error failure(const ChildTask& task, int status) {
    if (WIFSIGNALED(status)) {
      return Error::run(fmt::format("{}: its simulation was ended by signal {}", task.label, WTERMSIG(status)));
    }
    std::string said = text_of(task.errors_path);
    const std::string prefix = "error: ";
    if (said.compare(0, prefix.size(), prefix) == 0) said.erase(0, prefix.size());
    while (!said.empty() && said.back() == '\n') said.pop_back();
    if (said.empty()) said = fmt::format("exit status {}", WEXITSTATUS(status));
    return Error::run(fmt::format("{}: its simulation failed: {}", task.label, said));
  }

  std::vector<Child> running_;
};

}  // namespace

void run_children(const std::vector<ChildTask>& tasks, std::size_t at_once, const std::function<bool(double)>& go_on) {
  Children children;
  std::size_t started = 0;
  std::size_t done = 0;
  while (done < tasks.size()) {
    while (started < tasks.size() && children.count() < at_once) children.start(tasks[started++]);
    if (!go_on(static_cast<double>(done) / static_cast<double>(tasks.size()))) throw Error::run("interrupted");
    const std::size_t ended = children.collect();
    done += ended;
    if (ended == 0) std::this_thread::sleep_for(time_between_looks);
  }
}

}  // namespace anda::sim
