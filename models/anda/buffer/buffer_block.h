// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BUFFER_BUFFER_BLOCK_H
#define ANDA_BUFFER_BUFFER_BLOCK_H

#include <systemc>
#include <tlm>

#include <anda/buffer/half_credits.h>
#include <anda/energy/counters.h>

namespace anda {

/// Interface of an operand buffer at level fast: a socket for the DMA, one for the array, and the credit wires of its
/// halves. The plan defines the layout (StepPlan, half_address_bytes()). A buffer that ignores the dataflow extension
/// acts as a memory that takes the time it annotates.
class BufferBlock : public sc_core::sc_module {
 public:
  virtual tlm::tlm_base_target_socket<>& dma_socket() = 0;
  virtual tlm::tlm_base_target_socket<>& array_socket() = 0;
  virtual sc_core::sc_export<HalfCredits>& credits_export() = 0;
  virtual const Counters& counters() const = 0;

 protected:
  BufferBlock() = default;
};

/// The activation buffer, which also receives results.
class ActivationBufferBlock : public BufferBlock {
 public:
  virtual tlm::tlm_base_target_socket<>& results_socket() = 0;
  /// Socket for the operands of the vector unit's own operations; nullptr if the machine has none.
  virtual tlm::tlm_base_target_socket<>* operands_socket() { return nullptr; }
};

}  // namespace anda

#endif
