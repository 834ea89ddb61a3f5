// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_COMPARE_CHILD_PROCESSES_H
#define ANDA_SIM_COMPARE_CHILD_PROCESSES_H

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace anda::sim {

/// One call of `anda-sim run`.
struct ChildTask {
  std::string label;                   ///< for messages
  std::vector<std::string> arguments;  ///< after the program's name
  std::string errors_path;             ///< file for its standard error
};

/// Runs the tasks, at most `at_once` at a time, each in its own process, because the SystemC kernel elaborates once per
/// process. With fewer tasks than that, each may use several processes for its systems. The first failure ends the
/// other tasks and is thrown as Error (run) with the task's error output. `go_on`, polled with the share of completed
/// tasks, ends all tasks with Error (run) by returning false.
void run_children(const std::vector<ChildTask>& tasks, std::size_t at_once, const std::function<bool(double)>& go_on);

}  // namespace anda::sim

#endif
