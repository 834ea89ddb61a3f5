// SPDX-License-Identifier: Apache-2.0
#include "files/child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <anda/base/error.h>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

namespace anda::sim {

ChildProcess::ChildProcess(const std::function<int()>& body, Manner manner) : manner_(manner) {
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw Error::run("cannot start a process: " + std::generic_category().message(errno));
  if (pid == 0) {
    if (manner.own_group) ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, manner.signal);
    if (::getppid() != parent) ::_exit(not_started);  // the parent ended before prctl() took effect
    ::_exit(body());
  }
  if (manner.own_group) ::setpgid(pid, pid);  // here too: it may be ended before the child gets there
  pid_ = pid;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), manner_(other.manner_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this != &other) {
    finish();
    pid_ = std::exchange(other.pid_, -1);
    manner_ = other.manner_;
  }
  return *this;
}

ChildProcess::~ChildProcess() { finish(); }

std::optional<ChildProcess::End> ChildProcess::ended() const {
  // The child is not reaped before the object ends, so that its process and group id are not reused.
  siginfo_t state{};
  if (::waitid(P_PID, static_cast<id_t>(pid_), &state, WEXITED | WNOHANG | WNOWAIT) != 0 && errno != EINTR) {
    return End{false, not_started};  // SIGCHLD is ignored (inherited), so the exit status is lost
  }
  if (state.si_pid == 0) return std::nullopt;
  return End{state.si_code != CLD_EXITED, state.si_status};
}

void ChildProcess::end() const {
  if (pid_ > 0) ::kill(manner_.own_group ? -pid_ : pid_, manner_.signal);
}

void ChildProcess::finish() {
  if (pid_ < 0) return;
  end();
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

int become_this_program(std::vector<std::string> arguments, const std::string& errors_path) {
  std::string name = "anda-sim";
  std::vector<char*> words{name.data()};
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  const int nothing = ::open("/dev/null", O_RDWR);
  const int errors = ::open(errors_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  if (nothing >= 0 && errors >= 0 && ::dup2(nothing, 0) == 0 && ::dup2(nothing, 1) == 1 && ::dup2(errors, 2) == 2) {
    ::execv("/proc/self/exe", words.data());
  }
  return ChildProcess::not_started;
}

}  // namespace anda::sim
