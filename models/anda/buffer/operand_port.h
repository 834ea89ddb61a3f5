// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BUFFER_OPERAND_PORT_H
#define ANDA_BUFFER_OPERAND_PORT_H

#include <cstdint>
#include <systemc>

namespace anda {

/// Level cycle: the wires between a buffer's read port and the array. The array asks for the next operand while it
/// works on the one before; the port brings it, word by word, into a register in front of the array.
class OperandPort : public virtual sc_core::sc_interface {
 public:
  /// Whether the register is free, so that the next operand may be asked for.
  virtual bool free() const = 0;
  /// Asks for an operand of a panel that is in the buffer from cycle `arrival` on, which may still change. It takes
  /// `slots` clocks of the port, in which `words` are read; the rest belongs to padding.
  virtual void fetch(std::uint64_t slots, std::uint64_t words, const std::uint64_t& arrival) = 0;
  /// Valid: the operand is in the register.
  virtual bool ready(std::uint64_t cycle) const = 0;
  /// Ready: the array takes it out of the register.
  virtual void take() = 0;
};

}  // namespace anda

#endif
