// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_FORMAT_BLOCK_SCALE_H
#define ANDA_NUMERIC_FORMAT_BLOCK_SCALE_H

#include <cstddef>
#include <cstdint>

#include <anda/numeric/format/format_description.h>

namespace anda {

// What blocks share, as it is stored. A power of two 2^e is e + 127 in 8 bits (E8M0 of OCP MX: 255 is NaN).

inline constexpr int least_power = -127;
inline constexpr int most_power = 127;
inline constexpr std::uint32_t power_bits = 8;
inline constexpr std::uint32_t nan_power = 255;

constexpr std::uint32_t scale_bits(ScaleType type) {
  return type == ScaleType::fp32 ? 32 : type == ScaleType::fp16 ? 16 : power_bits;
}

/// The code of 2^e; e is cut to the range.
std::uint32_t power_code(int e);
double power_of(std::uint32_t code);

/// A scale ≥ 0 in its type, rounded to nearest; a power of two, so that no element overflows (`up`) or the nearest by
/// its logarithm. 0 is the smallest power of two. Error::input for one beyond the type.
std::uint32_t scale_code(double scale, ScaleType type, bool up);
double scale_of(std::uint32_t code, ScaleType type);

/// The largest magnitude. Error::input, with the place, for a value that is not finite.
double largest_of(const float* values, std::size_t count);

}  // namespace anda

#endif
