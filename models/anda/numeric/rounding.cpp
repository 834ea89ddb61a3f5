// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/rounding.h>

#include <cfloat>
#include <cmath>

#ifdef __FAST_MATH__
#error "-ffast-math reorders sums: the numeric library would no longer be bit-exact"
#endif

namespace anda {

static_assert(FLT_EVAL_METHOD == 0, "float sums must be rounded to float: build for SSE2 or the like, not for the x87");

float scaled_dot(std::int64_t dot, std::uint32_t exponent, std::uint32_t mantissa_bits, DotFormat format,
                 OverflowCounts& counts) {
  const int power = static_cast<int>(exponent) - 14 - static_cast<int>(mantissa_bits);
  const double exact = std::ldexp(static_cast<double>(dot), power);  // exact, because |dot| < 2^53
  if (format == DotFormat::fp32) return static_cast<float>(exact);
  const Fp16 rounded = to_fp16(exact);
  if (!rounded.is_finite()) ++counts.group_dots;
  return to_float(rounded);
}

Fp16 round_output(float accumulator, OverflowCounts& counts) {
  const Fp16 output = to_fp16(accumulator);
  if (output.is_infinite() && std::isfinite(accumulator)) ++counts.outputs;
  return output;
}

}  // namespace anda
