// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/format/float_code.h>
#include <anda/numeric/format/formats.h>

namespace anda {
namespace {

/// Floating-point numbers without shared fields.
class FloatFormat : public OperandFormat {
 public:
  explicit FloatFormat(const FormatDescription& description)
      : OperandFormat(description, {1 + *description.exponent_bits + *description.mantissa_bits, 0, {}, true}),
        code_(*description.exponent_bits, *description.mantissa_bits, description.specials) {}

  void encode(const float* values, std::size_t count, std::uint32_t* codes, std::uint32_t*) const override {
    const Rounder rounder(description(), values, count);
    for (std::size_t i = 0; i < count; ++i) codes[i] = code_.encode(values[i], rounder, i, false);
  }
  void decode(const std::uint32_t* codes, const std::uint32_t*, std::size_t count, float* values) const override {
    for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(code_.decode(codes[i]));
  }

 private:
  FloatCode code_;
};

}  // namespace

std::shared_ptr<const OperandFormat> make_float_format(const FormatDescription& description) {
  return std::make_shared<FloatFormat>(description);
}

}  // namespace anda
