// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BUFFER_OPERAND_PORT_H
#define ANDA_BUFFER_OPERAND_PORT_H

#include <cstdint>
#include <systemc>

namespace anda {

/// Level cycle: the wires between a buffer's read port and the array. The array requests the next operand while it
/// works on the current one; the port brings it, word by word, into a register in front of the array.
class OperandPort : public virtual sc_core::sc_interface {
 public:
  /// Whether the register is free, so that the next operand may be requested.
  virtual bool free() const = 0;
  /// Requests an operand of a panel that is in the buffer from cycle `arrival` on; that cycle may still change. The
  /// request takes `slots` port clocks in which `words` words are read; the remaining slots are padding.
  virtual void fetch(std::uint64_t slots, std::uint64_t words, const std::uint64_t& arrival) = 0;
  /// Valid: the operand is in the register.
  virtual bool ready(std::uint64_t cycle) const = 0;
  /// Ready: the array takes the operand from the register.
  virtual void take() = 0;
};

}  // namespace anda

#endif
