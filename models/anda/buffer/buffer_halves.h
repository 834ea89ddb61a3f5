// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BUFFER_BUFFER_HALVES_H
#define ANDA_BUFFER_BUFFER_HALVES_H

#include <cstdint>

namespace anda {

/// Level cycle: the two halves of a buffer. Tiles go into them in turn, and a half is free again when every step that
/// uses its tile has been computed.
class BufferHalves {
 public:
  void begin() { *this = BufferHalves(); }

  /// The half of a step that is planned: the other one if it loads a tile, the same if it works on the one before.
  std::uint32_t plan(bool load) {
    if (load) planned_ ^= 1;
    return planned_;
  }

  bool free(std::uint32_t half) const { return users_[half] == 0; }
  void acquire(std::uint32_t half) {
    ++users_[half];
    held_[half] = true;
  }
  void release(std::uint32_t half) { held_[half] = --users_[half] > 0; }

  const bool& held(std::uint32_t half) const { return held_[half]; }

 private:
  std::uint32_t planned_ = 0;
  std::uint32_t users_[2] = {};
  bool held_[2] = {};
};

}  // namespace anda

#endif
