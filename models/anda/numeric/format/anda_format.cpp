// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <anda/base/error.h>
#include <anda/numeric/activation_format.h>
#include <anda/numeric/format/formats.h>
#include <anda/numeric/format/rounder.h>
#include <anda/numeric/fp16.h>

namespace anda {
namespace {

/// Anda: FP16 numbers with M mantissa bits below the largest exponent E of the group, (−1)^s · m · 2^(E − 14 − M). With
/// truncation it matches the machine's compressor. A value that rounds beyond the mantissa becomes the largest
/// mantissa.
class AndaFormat : public OperandFormat {
 public:
  explicit AndaFormat(const FormatDescription& description)
      : OperandFormat(
            description,
            {1 + *description.mantissa_bits, description.group, {{"exponent", ActivationFormat::exponent_bits}}}),
        bits_(static_cast<int>(*description.mantissa_bits)) {}

  void encode(const float* values, std::size_t count, std::uint32_t* codes, std::uint32_t* shared) const override {
    std::uint32_t exponent = 1;
    for (std::size_t i = 0; i < count; ++i) {
      const Fp16 half = to_fp16(values[i]);
      if (!half.is_finite()) throw Error::input("a value is NaN or beyond 65504, which FP16 cannot represent");
      exponent = std::max(exponent, half.effective_exponent());
    }
    shared[0] = exponent;
    const Rounder rounder(description(), values, count);
    const double up = std::ldexp(1.0, 14 + bits_ - static_cast<int>(exponent));
    const double most = std::ldexp(1.0, bits_) - 1;
    for (std::size_t i = 0; i < count; ++i) {
      const Fp16 half = to_fp16(values[i]);
      const double whole = std::min(rounder(std::abs(double{to_float(half)}) * up, i), most);
      codes[i] = static_cast<std::uint32_t>(whole) | (half.negative() ? 1u << bits_ : 0);
    }
  }

  void decode(const std::uint32_t* codes, const std::uint32_t* shared, std::size_t count,
              float* values) const override {
    const float unit = std::ldexp(1.0F, static_cast<int>(shared[0]) - 14 - bits_);
    for (std::size_t i = 0; i < count; ++i) {
      const float magnitude = static_cast<float>(codes[i] & ((1u << bits_) - 1)) * unit;
      values[i] = (codes[i] >> bits_) != 0 ? -magnitude : magnitude;
    }
  }

 private:
  int bits_;
};

}  // namespace

std::shared_ptr<const OperandFormat> make_anda_format(const FormatDescription& description) {
  return std::make_shared<AndaFormat>(description);
}

}  // namespace anda
