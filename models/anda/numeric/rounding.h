// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_ROUNDING_H
#define ANDA_NUMERIC_ROUNDING_H

#include <cstdint>

#include <anda/base/describe.h>
#include <anda/numeric/fp16.h>

namespace anda {

// Rounding steps between a group's dot product and an output element. They give the same bits on every machine with
// IEEE 754 arithmetic in the default rounding mode.

/// The format that a group dot product is rounded to before scaling: FP16, as in the hardware's INT-to-half step, or
/// FP32.
enum class DotFormat { fp16, fp32 };

inline constexpr ChoiceTable<DotFormat, 2> dot_format_choices{{{"fp16", DotFormat::fp16}, {"fp32", DotFormat::fp32}}};

/// Number of finite values that became infinite.
struct OverflowCounts {
  std::uint64_t group_dots = 0;  ///< in v, the rounded dot product of a group
  std::uint64_t outputs = 0;     ///< in the final FP16; sums that were already infinite or NaN are not counted
};

/// v = FP16(D · 2^(E* − 14 − M)), or FP32(…), rounded once to nearest even. FP16 overflow gives ±infinity and is
/// counted. Requires |D| < 2^53.
float scaled_dot(std::int64_t dot, std::uint32_t exponent, std::uint32_t mantissa_bits, DotFormat format,
                 OverflowCounts& counts);

/// Rounds the final sum to the output element, to nearest even; overflow to infinity is counted.
Fp16 round_output(float accumulator, OverflowCounts& counts);

}  // namespace anda

#endif
