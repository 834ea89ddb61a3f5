// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <optional>

#include <anda/numeric/format/block_scale.h>
#include <anda/numeric/format/float_code.h>
#include <anda/numeric/format/formats.h>

namespace anda {
namespace {

/// OCP MX: elements scaled by a power of two that brings the block's largest number into their uppermost binade.
/// Numbers beyond the largest element saturate; a block with a NaN or an infinity is NaN.
class MxFormat : public OperandFormat {
 public:
  explicit MxFormat(const FormatDescription& description)
      : OperandFormat(
            description,
            {1 + *description.exponent_bits + *description.mantissa_bits, description.group, {{"scale", power_bits}}}),
        fraction_(std::ldexp(1.0, static_cast<int>(*description.mantissa_bits) - 1)) {
    if (*description.exponent_bits != 0) {
      float_.emplace(*description.exponent_bits, *description.mantissa_bits, description.specials);
    }
  }

  void encode(const float* values, std::size_t count, std::uint32_t* codes, std::uint32_t* shared) const override {
    double largest = 0;
    bool finite = true;
    for (std::size_t i = 0; i < count; ++i) {
      finite = finite && std::isfinite(values[i]);
      largest = std::max(largest, std::abs(double{values[i]}));
    }
    if (!finite) {
      shared[0] = nan_power;
      std::fill(codes, codes + count, 0u);
      return;
    }
    const int most = float_ ? float_->largest_exponent() : 0;
    shared[0] = largest == 0 ? power_code(least_power) : power_code(std::ilogb(largest) - most);
    const Rounder rounder(description(), values, count);
    const double up = 1 / power_of(shared[0]);  // exact, as the products are
    for (std::size_t i = 0; i < count; ++i) {
      const double scaled = double{values[i]} * up;
      codes[i] = float_ ? float_->encode(scaled, rounder, i, true) : integer(scaled, rounder, i);
    }
  }

  void decode(const std::uint32_t* codes, const std::uint32_t* shared, std::size_t count,
              float* values) const override {
    const double scale = power_of(shared[0]);
    for (std::size_t i = 0; i < count; ++i) {
      values[i] = static_cast<float>((float_ ? float_->decode(codes[i]) : integer_of(codes[i])) * scale);
    }
  }

 private:
  /// Encodes in two's complement in units of 1 / fraction_; the most negative code is unused.
  std::uint32_t integer(double scaled, const Rounder& rounder, std::size_t place) const {
    const double most = 2 * fraction_ - 1;
    const double whole = std::clamp(rounder(scaled * fraction_, place), -most, most);
    return static_cast<std::uint32_t>(static_cast<std::int32_t>(whole)) & ((1u << layout().element_bits) - 1);
  }
  double integer_of(std::uint32_t code) const {
    const std::uint32_t sign = 1u << (layout().element_bits - 1);
    const auto whole = static_cast<std::int32_t>(code ^ sign) - static_cast<std::int32_t>(sign);
    return static_cast<double>(whole) / fraction_;
  }

  std::optional<FloatCode> float_;  ///< empty for integers
  double fraction_;                 ///< units per 1 for integers: a power of two
};

}  // namespace

std::shared_ptr<const OperandFormat> make_mx_format(const FormatDescription& description) {
  return std::make_shared<MxFormat>(description);
}

}  // namespace anda
