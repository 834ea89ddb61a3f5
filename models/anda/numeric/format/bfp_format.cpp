// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <anda/numeric/format/block_scale.h>
#include <anda/numeric/format/formats.h>
#include <anda/numeric/format/rounder.h>

namespace anda {
namespace {

/// Block floating point: sign and M mantissa bits, without an implicit leading one, under a shared 8-bit exponent:
/// (−1)^s · m · 2^(e + 1 − M), where e is the exponent of the largest number. A value that rounds beyond the mantissa
/// becomes the largest mantissa.
class BfpFormat : public OperandFormat {
 public:
  explicit BfpFormat(const FormatDescription& description)
      : OperandFormat(description, {1 + *description.mantissa_bits, description.group, {{"exponent", power_bits}}}),
        bits_(static_cast<int>(*description.mantissa_bits)) {}

  void encode(const float* values, std::size_t count, std::uint32_t* codes, std::uint32_t* shared) const override {
    const double largest = largest_of(values, count);
    shared[0] = largest == 0 ? power_code(least_power) : power_code(std::ilogb(largest));
    const Rounder rounder(description(), values, count);
    const double up = std::ldexp(1.0, bits_ - 1 - (static_cast<int>(shared[0]) - 127));
    const double most = std::ldexp(1.0, bits_) - 1;
    for (std::size_t i = 0; i < count; ++i) {
      const double whole = std::min(rounder(std::abs(double{values[i]}) * up, i), most);
      codes[i] = static_cast<std::uint32_t>(whole) | (std::signbit(values[i]) ? 1u << bits_ : 0);
    }
  }

  void decode(const std::uint32_t* codes, const std::uint32_t* shared, std::size_t count,
              float* values) const override {
    const double unit = std::ldexp(1.0, static_cast<int>(shared[0]) - 127 + 1 - bits_);
    for (std::size_t i = 0; i < count; ++i) {
      const double magnitude = static_cast<double>(codes[i] & ((1u << bits_) - 1)) * unit;
      values[i] = static_cast<float>((codes[i] >> bits_) != 0 ? -magnitude : magnitude);
    }
  }

 private:
  int bits_;
};

}  // namespace

std::shared_ptr<const OperandFormat> make_bfp_format(const FormatDescription& description) {
  return std::make_shared<BfpFormat>(description);
}

}  // namespace anda
