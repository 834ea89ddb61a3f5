// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_REFERENCE_BIT_PLANE_H
#define ANDA_NUMERIC_REFERENCE_BIT_PLANE_H

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <anda/numeric/reference/anda_group.h>

namespace anda {

/// One bit of every element of a group: element i in bit i; bits beyond the group are 0.
class BitPlane {
 public:
  static constexpr std::size_t word_count = max_group_size / 64;

  bool test(std::size_t i) const { return ((words_[i / 64] >> (i % 64)) & 1) != 0; }
  void set(std::size_t i) { words_[i / 64] |= std::uint64_t{1} << (i % 64); }

  /// Elements 64·index … 64·index + 63, the first in the lowest bit.
  std::uint64_t word(std::size_t index) const { return words_[index]; }
  /// Elements 8·index … 8·index + 7, the first in the lowest bit.
  std::uint8_t byte(std::size_t index) const {
    return static_cast<std::uint8_t>((words_[index / 8] >> (index % 8 * 8)) & 0xFF);
  }
  /// Sets these eight elements, which must be 0 before.
  void set_byte(std::size_t index, std::uint8_t value) { words_[index / 8] |= std::uint64_t{value} << (index % 8 * 8); }

  friend bool operator==(const BitPlane& a, const BitPlane& b) { return a.words_ == b.words_; }
  friend bool operator!=(const BitPlane& a, const BitPlane& b) { return !(a == b); }

 private:
  std::array<std::uint64_t, word_count> words_{};
};

/// Number of ones; C++17 has no std::popcount.
inline std::int64_t count_ones(std::uint64_t word) { return static_cast<std::int64_t>(std::bitset<64>(word).count()); }

/// A group as stored in the activation buffer: planes[0] holds the most significant bits of the mantissas.
struct PlaneGroup {
  std::uint32_t group_size = 0;
  std::uint32_t exponent = 1;  ///< E*
  BitPlane sign;
  std::vector<BitPlane> planes;  ///< M of them

  std::uint32_t mantissa_bits() const { return static_cast<std::uint32_t>(planes.size()); }
};

bool operator==(const PlaneGroup& a, const PlaneGroup& b);

/// Transpose between elements and planes; each is the inverse of the other.
PlaneGroup to_planes(const AndaGroup& group);
AndaGroup to_group(const PlaneGroup& planes);

}  // namespace anda

#endif
