// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_GROUP_FORMAT_H
#define ANDA_NUMERIC_GROUP_FORMAT_H

#include <cstddef>
#include <cstdint>

#include <anda/numeric/fp16.h>

namespace anda {

// Groups convert FP16 numbers s, e, f to sign-magnitude numbers with one exponent E*. Element i is (−1)^s · m · 2^(E* −
// 14 − M) with a mantissa m of M bits. A mantissa of 0 keeps its sign, so −0 survives.

inline constexpr std::uint32_t min_group_size = 8;
inline constexpr std::uint32_t max_group_size = 256;
/// Longest mantissa of the Anda format, in bits.
inline constexpr std::uint32_t max_mantissa_bits = 16;
/// Longest mantissa that can be aligned: iFPU's 24 bits. Lengths beyond 16 exist only inside a processing element.
inline constexpr std::uint32_t max_aligned_bits = 24;
/// Width of a group's shared exponent, in bits.
inline constexpr std::uint32_t shared_exponent_bits = 5;

/// Shape of a group: number of elements and bits of each mantissa.
struct GroupFormat {
  std::uint32_t group_size = 64;
  std::uint32_t mantissa_bits = 8;
};

/// Throws Error::input unless group_size is a multiple of 8 in 8 … 256 (so that a plane is whole bytes) and
/// mantissa_bits is in 1 … `longest`.
void check_format(const GroupFormat& format, std::uint32_t longest);

/// m = (S · 2^16) >> (16 + 11 − M + (E* − E)): the significand S (11 bits) aligned to the shared exponent and truncated
/// to M = mantissa_bits (1 … 24) bits. Any difference is legal; the result is 0 if all bits are shifted out.
constexpr std::uint32_t aligned_mantissa(std::uint32_t significand, std::uint32_t mantissa_bits,
                                         std::uint32_t exponent_difference) {
  const std::uint64_t shift = std::uint64_t{16 + 11} - mantissa_bits + exponent_difference;
  return shift < 64 ? static_cast<std::uint32_t>((std::uint64_t{significand} << 16) >> shift) : 0;
}

/// E* = the largest E = max(e, 1) of finite values; 1 if there are none.
std::uint32_t shared_exponent(const Fp16* values, std::size_t count);

}  // namespace anda

#endif
