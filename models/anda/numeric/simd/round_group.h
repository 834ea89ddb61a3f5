// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_SIMD_ROUND_GROUP_H
#define ANDA_NUMERIC_SIMD_ROUND_GROUP_H

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <anda/numeric/simd/kernels.h>

namespace anda::kernels {

/// The body of round_row_…(): branch-free loops that the compiler vectorises for the instruction set of the function
/// that inlines them.
#if defined(__GNUC__)
__attribute__((always_inline))
#endif
inline bool
round_row(const RoundedRow& row) {
  constexpr std::int32_t smallest_normal = (127 - 14) << 23;  // 2^−14
  constexpr std::int32_t largest_finite = 0x477FE000;         // 65504
  constexpr std::int32_t infinity = 0x7F800000;
  constexpr std::uint32_t sign_bit = 0x80000000u;
  bool finite = true;
  for (std::size_t first = 0; first < row.k; first += row.group_size) {
    const std::size_t count = std::min(row.group_size, row.k - first);
    const float* from = row.values + first;
    float* to = row.rounded + first;
    std::int32_t largest = smallest_normal;
    for (std::size_t i = 0; i < count; ++i) {
      std::uint32_t bits = 0;
      std::memcpy(&bits, from + i, sizeof bits);
      const std::uint32_t sign = bits & sign_bit;
      const std::int32_t magnitude = std::min(static_cast<std::int32_t>(bits ^ sign), infinity);  // NaN, too
      // To nearest, ties to even, dropping 13 bits of the fraction. Subnormal halves are multiples of 2^−24, as are
      // floats from 1/2 to 1.
      const std::int32_t normal = (magnitude + 0xFFF + ((magnitude >> 13) & 1)) & ~0x1FFF;
      float value = 0;
      std::memcpy(&value, &magnitude, sizeof value);
      value = (value + 0.5f) - 0.5f;
      std::int32_t small = 0;
      std::memcpy(&small, &value, sizeof small);
      const std::int32_t half = magnitude < smallest_normal ? small : normal;
      largest = std::max(largest, half);
      const std::uint32_t result = static_cast<std::uint32_t>(half) | sign;
      std::memcpy(to + i, &result, sizeof result);
    }
    finite = finite && largest <= largest_finite;
    if (row.mantissa_bits == 0 || !finite) continue;
    // With E the float's biased exponent of the largest value, mantissas are multiples of 2^(E − 126 − M).
    const std::uint32_t exponent = static_cast<std::uint32_t>(largest) >> 23;
    const std::uint32_t unit_bits = (exponent + 1 - row.mantissa_bits) << 23;
    const std::uint32_t inverse_bits = (253 + row.mantissa_bits - exponent) << 23;
    float unit = 0;
    float inverse = 0;
    std::memcpy(&unit, &unit_bits, sizeof unit);
    std::memcpy(&inverse, &inverse_bits, sizeof inverse);
    for (std::size_t i = 0; i < count; ++i) {
      std::uint32_t sign = 0;
      std::memcpy(&sign, to + i, sizeof sign);
      sign &= sign_bit;
      const float cut = static_cast<float>(static_cast<std::int32_t>(to[i] * inverse)) * unit;
      std::uint32_t bits = 0;
      std::memcpy(&bits, &cut, sizeof bits);
      bits |= sign;  // a mantissa of 0 keeps its sign
      std::memcpy(to + i, &bits, sizeof bits);
    }
  }
  return finite;
}

}  // namespace anda::kernels

#endif
