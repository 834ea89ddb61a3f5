// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_FORMAT_BLOCK_SCALE_H
#define ANDA_NUMERIC_FORMAT_BLOCK_SCALE_H

#include <cstddef>
#include <cstdint>

#include <anda/numeric/format/format_description.h>

namespace anda {

// Encoding of the fields that blocks share. A power of two 2^e is stored as e + 127 in 8 bits (E8M0 of OCP MX: 255 is
// NaN).

inline constexpr int least_power = -127;
inline constexpr int most_power = 127;
inline constexpr std::uint32_t power_bits = 8;
inline constexpr std::uint32_t nan_power = 255;

constexpr std::uint32_t scale_bits(ScaleType type) {
  return type == ScaleType::fp32 ? 32 : type == ScaleType::fp16 ? 16 : power_bits;
}

/// Returns the code of 2^e, with e clamped to the range.
std::uint32_t power_code(int e);
double power_of(std::uint32_t code);

/// Encodes a scale ≥ 0 in its type, rounded to nearest; a power of two is rounded up so that no element overflows
/// (`up`) or to the nearest by its logarithm. 0 becomes the smallest power of two. Throws Error::input for a scale
/// beyond the type.
std::uint32_t scale_code(double scale, ScaleType type, bool up);
double scale_of(std::uint32_t code, ScaleType type);

/// Returns the largest magnitude. Throws Error::input, with the index, for a value that is not finite.
double largest_of(const float* values, std::size_t count);

}  // namespace anda

#endif
