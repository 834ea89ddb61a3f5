// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/fp16.h>

#include <cstring>
#include <limits>

namespace anda {
namespace {

static_assert(std::numeric_limits<float>::is_iec559 && sizeof(float) == 4, "float must be IEEE 754 binary32");
static_assert(std::numeric_limits<double>::is_iec559 && sizeof(double) == 8, "double must be IEEE 754 binary64");

/// value / 2^shift rounded to nearest, ties to even; shift 1 … 63.
std::uint64_t shift_right_rne(std::uint64_t value, int shift) {
  const std::uint64_t quotient = value >> shift;
  const std::uint64_t rest = value & ((std::uint64_t{1} << shift) - 1);
  const std::uint64_t half = std::uint64_t{1} << (shift - 1);
  const bool up = rest > half || (rest == half && (quotient & 1) != 0);
  return quotient + (up ? 1 : 0);
}

}  // namespace

Fp16 to_fp16(double value) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  const auto sign = static_cast<std::uint16_t>((bits >> 63) << 15);
  const int biased = static_cast<int>((bits >> 52) & 0x7FF);
  const std::uint64_t fraction = bits & ((std::uint64_t{1} << 52) - 1);

  const auto with_sign = [sign](std::uint64_t magnitude) { return Fp16{static_cast<std::uint16_t>(sign | magnitude)}; };
  if (biased == 0x7FF) return fraction != 0 ? fp16_nan : with_sign(fp16_infinity.bits);
  const int exponent = biased - 1023;  // |value| = 1.fraction · 2^exponent
  if (exponent > 15) return with_sign(fp16_infinity.bits);
  if (exponent < -25) return with_sign(0);  // below half of the smallest subnormal; includes subnormal doubles

  // The result is a multiple of 2^(max(exponent, −14) − 10). The rounded significand is added to the exponent field,
  // not or-ed: its leading one supplies the exponent's last increment, and a carry out of the fraction correctly
  // propagates into the exponent, up to infinity.
  const int kept_exponent = exponent < -14 ? -14 : exponent;
  const std::uint64_t significand = fraction | (std::uint64_t{1} << 52);
  const std::uint64_t rounded = shift_right_rne(significand, 42 + kept_exponent - exponent);
  return with_sign((static_cast<std::uint64_t>(kept_exponent + 14) << 10) + rounded);
}

float to_float(Fp16 value) {
  if (value.is_nan()) return std::numeric_limits<float>::quiet_NaN();
  if (value.is_infinite()) {
    const float infinity = std::numeric_limits<float>::infinity();
    return value.negative() ? -infinity : infinity;
  }
  // 2^(E − 25) as a float; E is 1 … 30, so its exponent field is never at a limit.
  const std::uint32_t power_bits = (value.effective_exponent() + 127 - 25) << 23;
  float power = 0;
  std::memcpy(&power, &power_bits, sizeof power);
  const float magnitude = static_cast<float>(value.significand()) * power;
  return value.negative() ? -magnitude : magnitude;
}

}  // namespace anda
