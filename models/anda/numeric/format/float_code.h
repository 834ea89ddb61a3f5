// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_FORMAT_FLOAT_CODE_H
#define ANDA_NUMERIC_FORMAT_FLOAT_CODE_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include <anda/numeric/format/rounder.h>

namespace anda {

/// Floating-point numbers with 1 sign, E exponent and M mantissa bits, bias 2^(E−1) − 1, with subnormals.
class FloatCode {
 public:
  FloatCode(std::uint32_t exponent_bits, std::uint32_t mantissa_bits, FloatSpecials specials);

  std::uint32_t bits() const { return 1 + exponent_bits_ + mantissa_bits_; }
  /// The exponent of the largest number.
  int largest_exponent() const { return largest_exponent_; }
  double largest() const { return largest_; }

  /// Encodes a value. Values beyond the largest number become that number if it `saturates`, otherwise what IEEE 754
  /// prescribes. NaN is all ones below the sign, or 0 without specials.
  std::uint32_t encode(double value, const Rounder& rounder, std::size_t place, bool saturates) const;
  double decode(std::uint32_t code) const;

 private:
  double number_of(std::uint32_t code) const;
  std::uint32_t magnitude(double value, const Rounder& rounder, std::size_t place, bool saturates) const;

  std::uint32_t exponent_bits_;
  std::uint32_t mantissa_bits_;
  FloatSpecials specials_;
  int bias_;
  int largest_exponent_;
  std::uint32_t largest_code_;
  double largest_;
  std::vector<double> numbers_;  ///< value of each code, if there are few codes
};

}  // namespace anda

#endif
