// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_CHILD_PROCESS_H
#define ANDA_SIM_FILES_CHILD_PROCESS_H

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace anda::sim {

/// A process that works for this one. It ends with the object, and with this process, however that ends.
class ChildProcess {
 public:
  /// How processes of a kind are ended.
  struct Manner {
    int signal;              ///< that ends it
    bool own_group = false;  ///< it leads a process group, all of which is ended
  };

  /// How one has ended.
  struct End {
    bool by_signal;
    int number;  ///< the signal, else the exit status
  };

  /// What `body` returns to say that the program to become could not be started.
  static constexpr int not_started = 127;

  /// Runs `body` in a copy of this process that ends with what it returns as its exit status; nothing else of the copy
  /// runs, no destructor either. `body` throws nothing. Throws Error (run) if there can be no further process.
  ChildProcess(const std::function<int()>& body, Manner manner);
  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&& other) noexcept;
  ~ChildProcess();

  /// Nothing as long as it runs.
  std::optional<End> ended() const;
  /// Sends the signal that ends it, and does not wait; for those who end several.
  void end() const;

 private:
  void finish();

  pid_t pid_ = -1;
  Manner manner_;
};

/// The body of a child that becomes this program again, with these arguments after its name; its standard error goes
/// into a file, its input and output nowhere.
int become_this_program(std::vector<std::string> arguments, const std::string& errors_path);

}  // namespace anda::sim

#endif
