// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_CHILD_PROCESS_H
#define ANDA_SIM_FILES_CHILD_PROCESS_H

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace anda::sim {

/// A child process that works for this one. It ends with this object, and with the parent process however that ends.
class ChildProcess {
 public:
  /// How to end a process.
  struct Manner {
    int signal;              ///< signal that ends it
    bool own_group = false;  ///< whether it leads a process group, which is ended as a whole
  };

  /// How a process has ended.
  struct End {
    bool by_signal;
    int number;  ///< signal number, else the exit status
  };

  /// Exit status with which `body` reports that the program could not be started.
  static constexpr int not_started = 127;

  /// Runs `body` in a copy of this process, which exits with the returned status without running anything else,
  /// destructors included. `body` must not throw. Throws Error (run) if no further process can be created.
  ChildProcess(const std::function<int()>& body, Manner manner);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  /// How the process ended; nothing while it runs.
  std::optional<End> ended() const;
  /// Sends the signal that ends it, without waiting, for callers that end several processes.
  void end() const;

 private:
  void finish();

  pid_t pid_ = -1;
  Manner manner_;
};

/// Body of a child that executes this program again with the given arguments; its standard error goes to a file, its
/// standard input and output are /dev/null.
int become_this_program(std::vector<std::string> arguments, const std::string& errors_path);

}  // namespace anda::sim

#endif
