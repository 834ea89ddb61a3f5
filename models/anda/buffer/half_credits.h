// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BUFFER_HALF_CREDITS_H
#define ANDA_BUFFER_HALF_CREDITS_H

#include <cstdint>
#include <systemc>

namespace anda {

/// The wires between a double-buffered memory, the DMA that fills it and the array that reads it: whether a half may be
/// overwritten. A step acquires the half of its operand when it starts to load and releases it when the array has taken
/// in its last operand; several steps may share a tile.
class HalfCredits : public virtual sc_core::sc_interface {
 public:
  /// Value of free_from() for a half in use.
  static constexpr std::uint64_t never = ~std::uint64_t{0};

  /// Starts an operation: clears all users.
  virtual void begin() = 0;
  /// Cycle from which the half is free.
  virtual std::uint64_t free_from(std::uint32_t half) const = 0;
  virtual void acquire(std::uint32_t half) = 0;
  virtual void release(std::uint32_t half, std::uint64_t cycle) = 0;
};

/// Usage counts of the halves of a buffer.
class BufferHalves : public HalfCredits {
 public:
  void begin() override {
    for (Half& half : halves_) half = Half();
  }
  std::uint64_t free_from(std::uint32_t half) const override {
    return halves_[half].users > 0 ? never : halves_[half].free_from;
  }
  void acquire(std::uint32_t half) override {
    ++halves_[half].users;
    halves_[half].held = true;
  }
  void release(std::uint32_t half, std::uint64_t cycle) override {
    halves_[half].held = --halves_[half].users > 0;
    halves_[half].free_from = cycle;
  }
  const bool& held(std::uint32_t half) const { return halves_[half].held; }

 private:
  struct Half {
    std::uint64_t users = 0;
    std::uint64_t free_from = 0;
    bool held = false;
  };
  Half halves_[2];
};

}  // namespace anda

#endif
