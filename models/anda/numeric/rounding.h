// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_ROUNDING_H
#define ANDA_NUMERIC_ROUNDING_H

#include <cstdint>

#include <anda/base/describe.h>
#include <anda/numeric/fp16.h>

namespace anda {

// The roundings between a group's dot product and an output element. They give the same bits on every machine with
// IEEE 754 arithmetic in the default rounding mode.

/// What a group dot product is rounded to before it is scaled: the INT-to-half step of the hardware, or FP32.
enum class DotFormat { fp16, fp32 };

inline constexpr ChoiceTable<DotFormat, 2> dot_format_choices{{{"fp16", DotFormat::fp16}, {"fp32", DotFormat::fp32}}};

/// How often a finite number became an infinity.
struct OverflowCounts {
  std::uint64_t group_dots = 0;  ///< in v, the rounded dot product of a group
  std::uint64_t outputs = 0;     ///< in the final FP16; one whose sum was infinite or NaN already is not counted
};

/// v = FP16(D · 2^(E* − 14 − M)), or FP32(…), rounded once to nearest even. FP16 overflow gives ±infinity, counted.
/// |D| < 2^53.
float scaled_dot(std::int64_t dot, std::uint32_t exponent, std::uint32_t mantissa_bits, DotFormat format,
                 OverflowCounts& counts);

/// The finished sum as the output element, rounded to nearest even; overflow to infinity is counted.
Fp16 round_output(float accumulator, OverflowCounts& counts);

}  // namespace anda

#endif
