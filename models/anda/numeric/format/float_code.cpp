// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/format/float_code.h>

#include <cmath>
#include <limits>

namespace anda {

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
  largest_ = decode(largest_code_);
}

std::uint32_t FloatCode::magnitude(double value, const Rounder& rounder, std::size_t place, bool saturates) const {
  const std::uint32_t infinity = ((1u << exponent_bits_) - 1) << mantissa_bits_;
  const std::uint32_t beyond = saturates || specials_ != FloatSpecials::ieee ? largest_code_ : infinity;
  if (std::isinf(value)) return beyond;
  if (value == 0) return 0;
  int power = std::ilogb(value);
  if (power < 1 - bias_) power = 1 - bias_;  // subnormal
  if (power > largest_exponent_) return beyond;
  auto whole = static_cast<std::uint32_t>(rounder(std::ldexp(value, static_cast<int>(mantissa_bits_) - power), place));
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

double FloatCode::decode(std::uint32_t code) const {
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
