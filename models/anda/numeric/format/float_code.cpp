// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/format/float_code.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace anda {
namespace {

constexpr int double_fraction_bits = 52;
constexpr int double_bias = 1023;

/// Returns ⌊log2⌋ of a number > 0 that is not a subnormal double; no float and no number of a format is one.
int exponent_of(double value) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return static_cast<int>(bits >> double_fraction_bits) - double_bias;
}

/// 2^power, −1022 … 1023.
double power_of_two(int power) {
  const std::uint64_t bits = static_cast<std::uint64_t>(power + double_bias) << double_fraction_bits;
  double value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace

FloatCode::FloatCode(std::uint32_t exponent_bits, std::uint32_t mantissa_bits, FloatSpecials specials)
    : exponent_bits_(exponent_bits),
      mantissa_bits_(mantissa_bits),
      specials_(specials),
      bias_((1 << (exponent_bits - 1)) - 1),
      largest_exponent_(0),
      largest_code_((1u << (exponent_bits + mantissa_bits)) - 1),
      largest_(0) {
  if (specials == FloatSpecials::nan_only) largest_code_ -= 1;
  if (specials == FloatSpecials::ieee) largest_code_ -= 1u << mantissa_bits;
  largest_exponent_ = static_cast<int>(largest_code_ >> mantissa_bits) - bias_;
  largest_ = number_of(largest_code_);
  constexpr std::uint32_t few_bits = 8;
  for (std::uint32_t code = 0; bits() <= few_bits && code < 1u << bits(); ++code) numbers_.push_back(number_of(code));
}

std::uint32_t FloatCode::magnitude(double value, const Rounder& rounder, std::size_t place, bool saturates) const {
  const std::uint32_t infinity = ((1u << exponent_bits_) - 1) << mantissa_bits_;
  const std::uint32_t beyond = saturates || specials_ != FloatSpecials::ieee ? largest_code_ : infinity;
  if (std::isinf(value)) return beyond;
  if (value == 0) return 0;
  int power = exponent_of(value);
  if (power < 1 - bias_) power = 1 - bias_;  // subnormal
  if (power > largest_exponent_) return beyond;
  auto whole =
      static_cast<std::uint32_t>(rounder(value * power_of_two(static_cast<int>(mantissa_bits_) - power), place));
  if (whole >= 2u << mantissa_bits_) {
    whole >>= 1;
    ++power;
  }
  const std::uint32_t one = 1u << mantissa_bits_;
  if (whole < one) return whole;
  const std::uint32_t code = (static_cast<std::uint32_t>(power + bias_) << mantissa_bits_) | (whole - one);
  return code > largest_code_ ? beyond : code;
}

std::uint32_t FloatCode::encode(double value, const Rounder& rounder, std::size_t place, bool saturates) const {
  const std::uint32_t sign = std::signbit(value) ? 1u << (exponent_bits_ + mantissa_bits_) : 0;
  if (std::isnan(value)) return specials_ == FloatSpecials::none ? 0 : (1u << (exponent_bits_ + mantissa_bits_)) - 1;
  return sign | magnitude(std::abs(value), rounder, place, saturates);
}

double FloatCode::decode(std::uint32_t code) const { return numbers_.empty() ? number_of(code) : numbers_[code]; }

double FloatCode::number_of(std::uint32_t code) const {
  const std::uint32_t below_sign = code & ((1u << (exponent_bits_ + mantissa_bits_)) - 1);
  const std::uint32_t field = below_sign >> mantissa_bits_;
  const std::uint32_t fraction = below_sign & ((1u << mantissa_bits_) - 1);
  const double sign = below_sign == code ? 1 : -1;
  const bool all_ones = field == (1u << exponent_bits_) - 1;
  if (specials_ == FloatSpecials::ieee && all_ones) {
    return fraction == 0 ? sign * std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  }
  if (specials_ == FloatSpecials::nan_only && all_ones && fraction == (1u << mantissa_bits_) - 1) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const std::uint32_t one = 1u << mantissa_bits_;
  const int power = (field == 0 ? 1 : static_cast<int>(field)) - bias_ - static_cast<int>(mantissa_bits_);
  return sign * std::ldexp(static_cast<double>(fraction + (field == 0 ? 0 : one)), power);
}

}  // namespace anda
