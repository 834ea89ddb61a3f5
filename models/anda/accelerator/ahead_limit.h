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

/// How many loads of a GeMM's weights fit under the operation before it, so that its last results do not wait for them.
///
/// The loads stand in the DMA's queue behind all operands of the operation and the results of the step before the last,
/// and before the results of the last step. They have the time that is left when the last of these operands has arrived
/// (on the array that of the tiles that need it, and of the way out), and when the results of the step before have left
/// (that of the last step). From it go the results of both steps, which cross the memory too, what the two may differ
/// by on their way out, and a latency for each `dma.requests_in_flight` transactions.
class AheadLimit {
 public:
  AheadLimit(const AcceleratorConfig& config, const DramConfig& memory);

  /// Of `wanted`, the first so many loads.
  std::uint64_t under(const GemmTask& running, const StepShape& shape, const WeightsAhead& wanted) const;
  std::uint64_t under(const VectorTask& running, const WeightsAhead& wanted) const;

  const MachineShape& machine() const { return machine_; }

 private:
  /// Of a memory's queue.
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
