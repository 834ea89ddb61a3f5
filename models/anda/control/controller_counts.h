// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_CONTROL_CONTROLLER_COUNTS_H
#define ANDA_CONTROL_CONTROLLER_COUNTS_H

#include <cstdint>

#include <anda/energy/counters.h>

namespace anda {

/// What the controller counts of the operations that it starts.
struct ControllerCounts {
  std::uint64_t cycles = 0;
  std::uint64_t gemms = 0;
  std::uint64_t steps = 0;
  std::uint64_t vector_operations = 0;

  /// The table of these counts, which must stay where they are.
  void register_in(Counters& counters) const {
    counters.add("controller.cycles", "cycles", "clock cycles of operations, each from start to end", cycles);
    counters.add("controller.gemms", "GeMMs", "GeMMs completed", gemms);
    counters.add("controller.steps", "steps", "steps completed", steps);
    counters.add("controller.vector_operations", "operations", "vector operations completed", vector_operations);
  }
};

}  // namespace anda

#endif
