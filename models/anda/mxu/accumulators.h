// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_ACCUMULATORS_H
#define ANDA_MXU_ACCUMULATORS_H

#include <cstdint>

namespace anda {

/// Level cycle: two banks of accumulators. The array accumulates in one while the vector unit drains the other.
class Accumulators {
 public:
  void begin() { *this = Accumulators(); }

  /// Whether the array may begin a tile in this cycle: its bank was empty before.
  bool free(std::uint64_t cycle) const { return !full_[fill_] && free_from_[fill_] <= cycle; }

  /// Marks the current bank as full: the last of a tile's `values` sums was made in this cycle.
  void finish(std::uint64_t tile, std::uint64_t values) {
    full_[fill_] = true;
    tile_[fill_] = tile;
    left_[fill_] = values;
    fill_ ^= 1;
  }

  bool holds_results() const { return full_[drain_]; }
  std::uint64_t tile() const { return tile_[drain_]; }
  std::uint64_t left() const { return left_[drain_]; }

  /// Drains `values` results from the oldest full bank.
  void take(std::uint64_t values, std::uint64_t cycle) {
    left_[drain_] -= values;
    if (left_[drain_] > 0) return;
    full_[drain_] = false;
    free_from_[drain_] = cycle + 1;
    drain_ ^= 1;
  }

  const bool& full(std::uint32_t bank) const { return full_[bank]; }

 private:
  std::uint32_t fill_ = 0;
  std::uint32_t drain_ = 0;
  bool full_[2] = {};
  std::uint64_t free_from_[2] = {};
  std::uint64_t tile_[2] = {};
  std::uint64_t left_[2] = {};
};

}  // namespace anda

#endif
