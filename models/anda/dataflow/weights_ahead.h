// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DATAFLOW_WEIGHTS_AHEAD_H
#define ANDA_DATAFLOW_WEIGHTS_AHEAD_H

#include <cstdint>
#include <vector>

#include <anda/dataflow/step_plan.h>

namespace anda {

/// The weights that the coming GeMM needs first, loaded while the preceding operation runs: the first weight loads of
/// the GeMM's first step, in order.
struct WeightsAhead {
  std::vector<Transfer> loads;   ///< addressed to half 0 of the weight buffer
  std::uint64_t half_bytes = 0;  ///< distance between the halves
  std::uint32_t half = 0;        ///< destination: the half that the operation's last step does not use

  WeightsAhead() = default;
  /// Takes `count` loads, or all of the first step if it has fewer.
  WeightsAhead(const StepPlan& plan, std::uint64_t count)
      : loads(plan.first_weights(count)), half_bytes(plan.geometry().weight_half_bytes) {}

  bool empty() const { return loads.empty(); }

  std::uint64_t bytes() const {
    std::uint64_t sum = 0;
    for (const Transfer& load : loads) sum += load.memory.bytes;
    return sum;
  }

  /// Calls visit(transfer) for each load, addressed to `half`.
  template <class Visit>
  void each(Visit visit) const {
    for (Transfer load : loads) {
      load.address += half * half_bytes;
      visit(load);
    }
  }

  /// Number of these loads that match the first weight loads of a plan, in order.
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
