// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BUFFER_READ_PORT_H
#define ANDA_BUFFER_READ_PORT_H

#include <algorithm>
#include <cstdint>

namespace anda {

/// A cycle that never comes: of a panel that has not arrived.
inline constexpr std::uint64_t never = ~std::uint64_t{0};

/// Level cycle: the port between a buffer and the array. It brings words into a register in front of the
/// array while the array works on what it took out of that register before.
class ReadPort {
 public:
  /// `width`: words that the port moves in a clock.
  void begin(std::uint64_t width) {
    *this = ReadPort();
    width_ = width;
  }

  /// Whether the register is free, so that the next operand may be asked for.
  bool free() const { return !asked_; }

  /// Asks for an operand of a panel that is in the buffer from cycle `arrival` on. It takes `slots` clocks of the port,
  /// in which `words` are read; the rest belongs to padding.
  void fetch(std::uint64_t slots, std::uint64_t words, const std::uint64_t& arrival) {
    asked_ = true;
    slots_ = slots;
    words_ = words;
    arrival_ = &arrival;
  }

  bool arrived(std::uint64_t cycle) const { return asked_ && *arrival_ <= cycle; }
  bool ready(std::uint64_t cycle) const { return arrived(cycle) && slots_ == 0; }
  void take() { asked_ = false; }

  /// One clock; the words read in it.
  std::uint64_t tick(std::uint64_t cycle) {
    busy_ = arrived(cycle) && slots_ > 0;
    if (!busy_) return 0;
    --slots_;
    const std::uint64_t read = std::min(words_, width_);
    words_ -= read;
    return read;
  }

  const bool& busy() const { return busy_; }
  const std::uint64_t& slots_left() const { return slots_; }

 private:
  bool asked_ = false;
  bool busy_ = false;
  std::uint64_t width_ = 1;
  std::uint64_t slots_ = 0;
  std::uint64_t words_ = 0;
  const std::uint64_t* arrival_ = nullptr;
};

}  // namespace anda

#endif
