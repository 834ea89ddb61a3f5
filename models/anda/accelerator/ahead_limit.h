// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ACCELERATOR_AHEAD_LIMIT_H
#define ANDA_ACCELERATOR_AHEAD_LIMIT_H

#include <cstdint>

#include <anda/accelerator/accelerator_config.h>
#include <anda/dataflow/gemm_task.h>
#include <anda/dataflow/machine_shape.h>
#include <anda/dataflow/vector_task.h>
#include <anda/dataflow/weights_ahead.h>
#include <anda/dram/dram_config.h>

namespace anda {

/// Limits the weight loads of a GeMM that run under the preceding operation, so that they do not delay the last results
/// of that operation.
///
/// In the DMA queue, the loads follow all operands of the operation and the results of its penultimate step, and
/// precede the results of its last step. Their window ends with the last step. It begins when the last operand has
/// arrived (for a GeMM: the tiles that need it, plus the drain, remain) and when the penultimate results have left (the
/// last step remains, less what the drains of the two steps may differ by); the shorter time counts. The results of
/// both steps share the window with the loads, and each `dma.requests_in_flight` transactions cost one latency.
class AheadLimit {
 public:
  AheadLimit(const AcceleratorConfig& config, const DramConfig& memory);

  /// Returns how many loads, from the first of `wanted` on, fit under `running`.
  std::uint64_t under(const GemmTask& running, const StepShape& shape, const WeightsAhead& wanted) const;
  std::uint64_t under(const VectorTask& running, const WeightsAhead& wanted) const;

  const MachineShape& machine() const { return machine_; }

 private:
  /// Totals of the transfers in the memory queue.
  struct Transfers {
    std::uint64_t bytes = 0;
    std::uint64_t transfers = 0;
    std::uint64_t transactions = 0;
  };

  void add(Transfers& sum, std::uint64_t bytes, std::uint64_t times) const;
  double cycles(const Transfers& transfers) const;
  std::uint64_t fitting(const WeightsAhead& wanted, double window, const Transfers& results) const;
  double way_out(const ActivationFormat& results) const;

  AcceleratorConfig config_;
  MachineShape machine_;
  double bytes_per_cycle_;
  double latency_cycles_;
  std::uint64_t burst_bytes_;
};

}  // namespace anda

#endif
