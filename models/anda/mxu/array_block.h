// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_ARRAY_BLOCK_H
#define ANDA_MXU_ARRAY_BLOCK_H

#include <cstdint>
#include <systemc>
#include <tlm>

#include <anda/base/activity.h>
#include <anda/buffer/half_credits.h>
#include <anda/dataflow/step_plan.h>
#include <anda/energy/counters.h>
#include <anda/functional/data_losses.h>

namespace anda {

/// Interface of the computing block at level fast: its sockets, its credit wires and the commands that start it. Mxu
/// implements it; AcceleratorBlocks can substitute another block.
///
/// An array reads the operands of a step through `activations` and `weights`, at the addresses given by the plan. It
/// writes the FP32 sums of each tile, row by row, through `sums`, with the dataflow extension, to the plan's result
/// address. It releases the buffer halves when a step is done.
class ArrayBlock : public sc_core::sc_module {
 public:
  virtual tlm::tlm_base_initiator_socket<>& activations_socket() = 0;
  virtual tlm::tlm_base_initiator_socket<>& weights_socket() = 0;
  virtual tlm::tlm_base_initiator_socket<>& sums_socket() = 0;
  virtual sc_core::sc_port_b<HalfCredits>& activation_credits_port() = 0;
  virtual sc_core::sc_port_b<HalfCredits>& weight_credits_port() = 0;

  /// Starts a GeMM in cycle 0. The plan must outlive the GeMM.
  virtual void begin(const StepPlan& plan) = 0;
  /// Computes the next step. Its operands are in the buffers, or will be at a cycle known to the buffers. `held`:
  /// cycles for which the DMA could not load them because no half was free. Returns the cycle in which the step is
  /// done.
  virtual std::uint64_t compute(const Step& step, std::uint64_t held) = 0;
  /// Ends the GeMM in the cycle in which its last result is in memory.
  virtual void finish(std::uint64_t cycle) = 0;
  /// Cycle at which the latest result is in the activation buffer.
  virtual std::uint64_t results_stored() const = 0;
  /// Releases the operands of a step in a cycle.
  virtual void release(const Step& step, std::uint64_t cycle) = 0;

  /// Steady progress while steps like the last one follow and their operands arrive in time: each step is done `period`
  /// cycles after the previous one and sees the same state, shifted by the period.
  struct Beat {
    std::uint64_t period = 0;
    std::uint64_t done = 0;    ///< cycle in which the last step was done
    std::uint64_t stored = 0;  ///< cycle in which its results were in the activation buffer
  };
  /// Counts idle cycles of a vector operation and their cause.
  virtual void wait(ArrayState cause, std::uint64_t cycles);

  /// The beat of the last two steps; its period is 0 if they had none.
  virtual Beat beat() const { return {}; }
  /// Accounts for `times` steps like the last one that followed on the beat.
  virtual void repeat(const Step& last, std::uint64_t times);

  virtual const Counters& counters() const = 0;
  virtual void observe(ActivityObserver*) {}
  /// Adds the arithmetic losses of the last GeMM, in a functional simulation.
  virtual void add_losses(DataLosses&) const {}

 protected:
  ArrayBlock() = default;  // the derived class's sc_module_name names the module
};

inline void ArrayBlock::repeat(const Step&, std::uint64_t) {}
inline void ArrayBlock::wait(ArrayState, std::uint64_t) {}

}  // namespace anda

#endif
