// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BUFFER_READ_PORT_H
#define ANDA_BUFFER_READ_PORT_H

#include <algorithm>
#include <cstdint>

#include <anda/buffer/operand_port.h>

namespace anda {

/// Level cycle: the read port of a buffer.
class ReadPort : public OperandPort {
 public:
  /// `width`: words that the port moves per clock.
  void begin(std::uint64_t width) {
    asked_ = false;
    busy_ = false;
    width_ = width;
    slots_ = 0;
    words_ = 0;
  }

  bool free() const override { return !asked_; }
  void fetch(std::uint64_t slots, std::uint64_t words, const std::uint64_t& arrival) override {
    asked_ = true;
    slots_ = slots;
    words_ = words;
    arrival_ = &arrival;
  }
  bool ready(std::uint64_t cycle) const override { return arrived(cycle) && slots_ == 0; }
  void take() override { asked_ = false; }

  bool arrived(std::uint64_t cycle) const { return asked_ && *arrival_ <= cycle; }

  /// One clock; returns the number of words read.
  std::uint64_t tick(std::uint64_t cycle) {
    busy_ = arrived(cycle) && slots_ > 0;
    if (!busy_) return 0;
    --slots_;
    const std::uint64_t read = std::min(words_, width_);
    words_ -= read;
    return read;
  }

  /// Cycle at which the requested operand's panel is available; 0 if no operand was requested.
  std::uint64_t arrival() const { return asked_ ? *arrival_ : 0; }

  /// The port's remaining work for the requested operand.
  struct Left {
    bool asked = false;
    std::uint64_t slots = 0;
    std::uint64_t words = 0;

    bool operator==(const Left& other) const {
      return asked == other.asked && slots == other.slots && words == other.words;
    }
  };
  Left left() const { return {asked_, slots_, words_}; }

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
