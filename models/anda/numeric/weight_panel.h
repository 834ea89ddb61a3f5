// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_WEIGHT_PANEL_H
#define ANDA_NUMERIC_WEIGHT_PANEL_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include <anda/numeric/weight_format.h>

namespace anda {

/// A panel of weights, unpacked for products with activations of one kind.
class WeightPanel {
 public:
  /// What a weight q, minus its zero point, is unpacked to: an integer with a separate scale, for integer products or
  /// for FP16 products; FP16(q · scale); or the same without rounding.
  enum class Kind { integer, code, fp16, exact };

  WeightPanel() = default;
  /// `group_size`: of the activations, for integers. FP16 numbers must be of kind fp16 or exact.
  WeightPanel(const std::uint8_t* bytes, std::size_t k, std::size_t columns, const WeightFormat& format, Kind kind,
              std::size_t group_size);

  /// Makes a panel of kind exact from k × columns numbers, (i, column) at numbers[i · stride + column].
  WeightPanel(const float* numbers, std::size_t stride, std::size_t k, std::size_t columns);

  std::size_t columns() const { return columns_; }
  /// Columns of the sums, padded to a multiple of the kernels' column count.
  std::size_t padded_columns() const { return padded_columns_; }

 private:
  friend class PanelProduct;

  std::size_t k_ = 0;
  std::size_t columns_ = 0;
  std::size_t padded_columns_ = 0;
  WeightFormat format_;
  std::vector<std::int16_t> pairs_;  ///< as GroupTile::weights
  std::vector<float> scales_;        ///< for integers and codes
  std::vector<float> values_;
};

}  // namespace anda

#endif
