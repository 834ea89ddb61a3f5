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
  std::string errors_path;             ///< where its standard error goes
};

/// Runs the tasks, `at_once` at a time, each in a process of its own, because the SystemC kernel elaborates once per
/// process. Where there are fewer tasks, each has several processes for its systems. The first that fails ends the
/// others and is thrown as Error (run) with what it said. `go_on`, asked now and then with the share of tasks that are
/// done, ends all with Error (run) by returning false.
void run_children(const std::vector<ChildTask>& tasks, std::size_t at_once, const std::function<bool(double)>& go_on);

}  // namespace anda::sim

#endif
