// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <anda/numeric/format/block_scale.h>
#include <anda/numeric/format/formats.h>
#include <anda/numeric/format/rounder.h>

namespace anda {
namespace {

/// Integers times a scale. Symmetric: −qmax … qmax, qmax = 2^(bits − 1) − 1, scale = max|x| / qmax. With a zero point:
/// codes 0 … 2^bits − 1, (code − zero) · scale, over the range of the numbers, extended to include 0.
class IntegerFormat : public OperandFormat {
 public:
  explicit IntegerFormat(const FormatDescription& description) : OperandFormat(description, layout_of(description)) {}

  void encode(const float* values, std::size_t count, std::uint32_t* codes, std::uint32_t* shared) const override {
    const double largest = largest_of(values, count);
    const Rounder rounder(description(), values, count);
    if (description().zero_point) {
      encode_asymmetric(values, count, rounder, codes, shared);
      return;
    }
    const double most = (1 << (bits() - 1)) - 1;
    shared[0] = scale_code(largest / most, description().scale, true);
    const double scale = scale_of(shared[0], description().scale);
    for (std::size_t i = 0; i < count; ++i) {
      const double whole = scale == 0 ? 0 : std::clamp(rounder(double{values[i]} / scale, i), -most, most);
      codes[i] = static_cast<std::uint32_t>(static_cast<std::int32_t>(whole)) & ((1u << bits()) - 1);
    }
  }

  void decode(const std::uint32_t* codes, const std::uint32_t* shared, std::size_t count,
              float* values) const override {
    const double scale = scale_of(shared[0], description().scale);
    const std::uint32_t sign = 1u << (bits() - 1);
    for (std::size_t i = 0; i < count; ++i) {
      const auto whole = description().zero_point
                             ? static_cast<std::int32_t>(codes[i]) - static_cast<std::int32_t>(shared[1])
                             : static_cast<std::int32_t>(codes[i] ^ sign) - static_cast<std::int32_t>(sign);
      values[i] = static_cast<float>(whole * scale);
    }
  }

 private:
  static FormatLayout layout_of(const FormatDescription& description) {
    FormatLayout layout{*description.bits, description.group, {{"scale", scale_bits(description.scale)}}};
    if (description.zero_point) layout.shared.push_back({"zero point", *description.bits});
    return layout;
  }
  std::uint32_t bits() const { return layout().element_bits; }

  void encode_asymmetric(const float* values, std::size_t count, const Rounder& rounder, std::uint32_t* codes,
                         std::uint32_t* shared) const {
    const double most = (1 << bits()) - 1;
    double low = 0;
    double high = 0;
    for (std::size_t i = 0; i < count; ++i) {
      low = std::min(low, double{values[i]});
      high = std::max(high, double{values[i]});
    }
    shared[0] = scale_code((high - low) / most, description().scale, true);
    const double scale = scale_of(shared[0], description().scale);
    const double zero = scale == 0 ? 0 : std::clamp(std::nearbyint(-low / scale), 0.0, most);
    shared[1] = static_cast<std::uint32_t>(zero);
    for (std::size_t i = 0; i < count; ++i) {
      const double whole = scale == 0 ? zero : std::clamp(rounder(double{values[i]} / scale, i) + zero, 0.0, most);
      codes[i] = static_cast<std::uint32_t>(whole);
    }
  }
};

/// Odd numbers: every bit of a code contributes −1 or 1 times its power of two, Σ (2 b_i − 1) 2^i, so 0 does not exist.
class BipolarFormat : public OperandFormat {
 public:
  explicit BipolarFormat(const FormatDescription& description)
      : OperandFormat(description, {*description.bits, description.group, {{"scale", scale_bits(description.scale)}}}) {
  }

  void encode(const float* values, std::size_t count, std::uint32_t* codes, std::uint32_t* shared) const override {
    const double most = (1 << layout().element_bits) - 1;
    shared[0] = scale_code(largest_of(values, count) / most, description().scale, true);
    const double scale = scale_of(shared[0], description().scale);
    const Rounder rounder(description(), values, count);
    for (std::size_t i = 0; i < count; ++i) {
      const double steps = scale == 0 ? 0 : (double{values[i]} / scale + most) / 2;
      codes[i] = static_cast<std::uint32_t>(std::clamp(rounder(steps, i), 0.0, most));
    }
  }

  void decode(const std::uint32_t* codes, const std::uint32_t* shared, std::size_t count,
              float* values) const override {
    const double scale = scale_of(shared[0], description().scale);
    const double most = (1 << layout().element_bits) - 1;
    for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>((2.0 * codes[i] - most) * scale);
  }
};

}  // namespace

std::shared_ptr<const OperandFormat> make_integer_format(const FormatDescription& description) {
  return std::make_shared<IntegerFormat>(description);
}

std::shared_ptr<const OperandFormat> make_bipolar_format(const FormatDescription& description) {
  return std::make_shared<BipolarFormat>(description);
}

}  // namespace anda
