// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <vector>

#include <anda/numeric/format/block_scale.h>
#include <anda/numeric/format/formats.h>

namespace anda {
namespace {

/// Σ ±a_t: bit t of a code is the sign of a group's scale a_t. Each term is the mean magnitude of the previous terms'
/// residuals, in the scale's type, with their signs: binary codes with residuals or, with power-of-two scales, sums of
/// powers of two.
class BinarySumFormat : public OperandFormat {
 public:
  explicit BinarySumFormat(const FormatDescription& description) : OperandFormat(description, layout_of(description)) {}

  void encode(const float* values, std::size_t count, std::uint32_t* codes, std::uint32_t* shared) const override {
    largest_of(values, count);  // throws for values that are not finite
    std::vector<double> left(values, values + count);
    for (std::size_t i = 0; i < count; ++i) codes[i] = 0;
    for (std::uint32_t term = 0; term < description().terms; ++term) {
      double sum = 0;
      for (const double value : left) sum += std::abs(value);
      shared[term] = scale_code(sum / static_cast<double>(count), description().scale, false);
      const double scale = scale_of(shared[term], description().scale);
      for (std::size_t i = 0; i < count; ++i) {
        const bool positive = left[i] >= 0;
        codes[i] |= (positive ? 1u : 0u) << term;
        left[i] -= positive ? scale : -scale;
      }
    }
  }

  void decode(const std::uint32_t* codes, const std::uint32_t* shared, std::size_t count,
              float* values) const override {
    for (std::size_t i = 0; i < count; ++i) {
      double sum = 0;
      for (std::uint32_t term = 0; term < description().terms; ++term) {
        const double scale = scale_of(shared[term], description().scale);
        sum += (codes[i] >> term & 1) != 0 ? scale : -scale;
      }
      values[i] = static_cast<float>(sum);
    }
  }

 private:
  static FormatLayout layout_of(const FormatDescription& description) {
    FormatLayout layout{description.terms, description.group, {}};
    for (std::uint32_t term = 0; term < description.terms; ++term) {
      layout.shared.push_back({"scale " + std::to_string(term), scale_bits(description.scale)});
    }
    return layout;
  }
};

}  // namespace

std::shared_ptr<const OperandFormat> make_binary_sum_format(const FormatDescription& description) {
  return std::make_shared<BinarySumFormat>(description);
}

}  // namespace anda
