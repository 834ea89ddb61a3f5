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

/// What the accelerator needs of the block that computes, at level fast: its sockets, its credit wires and the commands
/// that start it. Mxu is ours; AcceleratorBlocks puts another one in its place.
///
/// An array reads the operands of a step through `activations` and `weights`, at the addresses that the plan gives,
/// writes the FP32 sums of each tile, row after row, through `sums`, with the dataflow extension, to the plan's result
/// address, and releases the halves of the buffers when it is done with a step.
class ArrayBlock : public sc_core::sc_module {
 public:
  virtual tlm::tlm_base_initiator_socket<>& activations_socket() = 0;
  virtual tlm::tlm_base_initiator_socket<>& weights_socket() = 0;
  virtual tlm::tlm_base_initiator_socket<>& sums_socket() = 0;
  virtual sc_core::sc_port_b<HalfCredits>& activation_credits_port() = 0;
  virtual sc_core::sc_port_b<HalfCredits>& weight_credits_port() = 0;

  /// A GeMM starts in cycle 0. The plan outlives it.
  virtual void begin(const StepPlan& plan) = 0;
  /// Computes the next step. Its operands are in the buffers, or will be from a cycle on that the buffers know. `held`:
  /// cycles for which the DMA could not load them because no half was free. Returns the cycle in which it is done.
  virtual std::uint64_t compute(const Step& step, std::uint64_t held) = 0;
  /// The GeMM ends in a cycle, when its last result is in memory.
  virtual void finish(std::uint64_t cycle) = 0;
  /// Cycle at which the last result so far is in the activation buffer.
  virtual std::uint64_t results_stored() const = 0;
  /// Is done with the operands of a step in a cycle.
  virtual void release(const Step& step, std::uint64_t cycle) = 0;

  /// How the array goes on while steps like the last one follow and their operands are there in time: each takes
  /// `period` cycles more than the one before it and sees the same state, so late.
  struct Beat {
    std::uint64_t period = 0;
    std::uint64_t done = 0;    ///< the last step
    std::uint64_t stored = 0;  ///< its results, in the activation buffer
  };
  /// Has nothing to do for so many cycles of a vector operation, for a cause.
  virtual void wait(ArrayState cause, std::uint64_t cycles);

  /// The beat that the last two steps had; a period of 0 if they had none.
  virtual Beat beat() const { return {}; }
  /// So many steps like the last one have followed on the beat.
  virtual void repeat(const Step& last, std::uint64_t times);

  virtual const Counters& counters() const = 0;
  virtual void observe(ActivityObserver*) {}
  /// Adds what the arithmetic of the last GeMM lost, in a functional simulation.
  virtual void add_losses(DataLosses&) const {}

 protected:
  ArrayBlock() = default;  // the module's name comes from the sc_module_name of the class that derives
};

inline void ArrayBlock::repeat(const Step&, std::uint64_t) {}
inline void ArrayBlock::wait(ArrayState, std::uint64_t) {}

}  // namespace anda

#endif
