// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_ANDA_GROUP_H
#define ANDA_NUMERIC_ANDA_GROUP_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include <anda/numeric/fp16.h>
#include <anda/numeric/non_finite.h>

namespace anda {

inline constexpr std::uint32_t min_group_size = 8;
inline constexpr std::uint32_t max_group_size = 256;
/// Longest mantissa of the Anda format, in bits.
inline constexpr std::uint32_t max_mantissa_bits = 16;
/// Longest mantissa that can be aligned: iFPU's 24 bits. Beyond 16 it exists only inside a processing element.
inline constexpr std::uint32_t max_aligned_bits = 24;
/// Width of the exponent that a group shares, in bits.
inline constexpr std::uint32_t shared_exponent_bits = 5;

/// Shape of a group: elements, and bits of each mantissa.
struct GroupFormat {
  std::uint32_t group_size = 64;
  std::uint32_t mantissa_bits = 8;
};

/// Error::input unless group_size is a multiple of 8 in 8 … 256 (a plane is then whole bytes) and
/// mantissa_bits is in 1 … `longest`.
void check_format(const GroupFormat& format, std::uint32_t longest);

/// Sign-magnitude numbers with one exponent: element i is (−1)^negative[i] · mantissa[i] · 2^(exponent − 14 − M).
/// A mantissa of 0 keeps its sign, so that −0 survives.
struct AndaGroup {
  std::uint32_t mantissa_bits = 0;  ///< M
  std::uint32_t exponent = 1;       ///< E*, biased by 15 like FP16; 1 … 30 when it was encoded
  std::vector<std::uint8_t> negative;
  std::vector<std::uint32_t> mantissa;

  std::size_t size() const { return mantissa.size(); }
};

bool operator==(const AndaGroup& a, const AndaGroup& b);

/// m = (S · 2^16) >> (16 + 11 − M + (E* − E)): the significand S (11 bits) aligned to the shared exponent and
/// truncated to M = mantissa_bits (1 … 24) bits. Any difference is legal; 0 when the shift passes the top.
constexpr std::uint32_t aligned_mantissa(std::uint32_t significand, std::uint32_t mantissa_bits,
                                         std::uint32_t exponent_difference) {
  const std::uint64_t shift = std::uint64_t{16 + 11} - mantissa_bits + exponent_difference;
  return shift < 64 ? static_cast<std::uint32_t>((std::uint64_t{significand} << 16) >> shift) : 0;
}

/// E* = the largest E = max(e, 1) of finite values; 1 when there are none.
std::uint32_t shared_exponent(const Fp16* values, std::size_t count);

/// Encodes `count` ≤ group_size values; the rest of the group is +0. mantissa_bits may be 1 … 24.
/// Infinity and NaN go by `policy`; Error::input as make_finite() and check_format() say, or for too many values.
AndaGroup encode_group(const Fp16* values, std::size_t count, const GroupFormat& format, NonFinite policy,
                       const ValueSource& source, NonFiniteCounts& counts);

/// Encodes K values into ceil(K / group_size) groups, the last one padded with +0.
std::vector<AndaGroup> encode_row(const Fp16* values, std::size_t k, const GroupFormat& format, NonFinite policy,
                                  const ValueSource& source, NonFiniteCounts& counts);

/// Value of element i; exact.
float decode(const AndaGroup& group, std::size_t i);

/// All values as FP16. Exact for a group that encode_group() made: dropping low bits of an FP16 number leaves
/// an FP16 number. Mantissas from elsewhere (longer than 11 significant bits) are rounded to nearest even.
std::vector<Fp16> decode_group(const AndaGroup& group);

}  // namespace anda

#endif
