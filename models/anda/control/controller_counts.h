// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_CONTROL_CONTROLLER_COUNTS_H
#define ANDA_CONTROL_CONTROLLER_COUNTS_H

#include <cstdint>

#include <anda/energy/counters.h>

namespace anda {

/// Counts of the operations that the controller runs.
struct ControllerCounts {
  std::uint64_t cycles = 0;
  std::uint64_t gemms = 0;
  std::uint64_t steps = 0;
  std::uint64_t vector_operations = 0;

  /// Adds these counts to a table that keeps references to them, so they must not move.
  void register_in(Counters& counters) const {
    counters.add("controller.cycles", "cycles", "clock cycles of operations, each from start to end", cycles);
    counters.add("controller.gemms", "GeMMs", "GeMMs completed", gemms);
    counters.add("controller.steps", "steps", "steps completed", steps);
    counters.add("controller.vector_operations", "operations", "vector operations completed", vector_operations);
  }
};

}  // namespace anda

#endif
