// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DATAFLOW_WEIGHTS_AHEAD_H
#define ANDA_DATAFLOW_WEIGHTS_AHEAD_H

#include <cstdint>
#include <vector>

#include <anda/dataflow/step_plan.h>

namespace anda {

/// The weights that a GeMM to come needs first, which load while the operation before it runs: the first loads of its
/// first step, in their order.
struct WeightsAhead {
  std::vector<Transfer> loads;   ///< into half 0 of the weight buffer
  std::uint64_t half_bytes = 0;  ///< from a half to the other
  std::uint32_t half = 0;        ///< that takes them: the one that the operation's last step leaves free

  WeightsAhead() = default;
  /// `count` loads, or as many as the first step has.
  WeightsAhead(const StepPlan& plan, std::uint64_t count)
      : loads(plan.first_weights(count)), half_bytes(plan.geometry().weight_half_bytes) {}

  bool empty() const { return loads.empty(); }

  std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (const Transfer& load : loads) sum += load.memory.bytes;
    return sum;
  }

  /// Calls visit(transfer) for each load, into the half.
  template <class Visit>
  void each(Visit visit) const {
    for (Transfer load : loads) {
      load.address += half * half_bytes;
      visit(load);
    }
  }

  /// How many of a plan's first loads of weights these are.
  std::uint64_t first_of(const StepPlan& plan) const {
    const std::vector<Transfer> wanted = plan.first_weights(loads.size());
    std::uint64_t same = 0;
    while (same < wanted.size() && wanted[same].memory.address == loads[same].memory.address &&
           wanted[same].memory.bytes == loads[same].memory.bytes) {
      ++same;
    }
    return same;
  }
};

}  // namespace anda

#endif
