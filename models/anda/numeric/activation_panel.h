// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_ACTIVATION_PANEL_H
#define ANDA_NUMERIC_ACTIVATION_PANEL_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include <anda/numeric/activation_format.h>
#include <anda/numeric/group_format.h>
#include <anda/numeric/non_finite.h>
#include <anda/numeric/simd/simd.h>

namespace anda {

/// A panel of activations, unpacked for products.
class ActivationPanel {
 public:
  ActivationPanel() = default;
  ActivationPanel(const std::uint8_t* bytes, std::size_t rows, std::size_t k, const ActivationFormat& format,
                  const Simd& simd = best_simd());

  /// Aligns a panel of FP16 into the groups of encode_group(), with mantissas of 1 … 24 bits. Infinities become ±65504
  /// and NaNs +0; both are counted.
  static ActivationPanel aligned(const std::uint8_t* bytes, std::size_t rows, std::size_t k, const GroupFormat& format,
                                 NonFiniteCounts& replaced, const Simd& simd = best_simd());

  std::size_t rows() const { return rows_; }

 private:
  friend class PanelProduct;

  std::size_t rows_ = 0;
  std::size_t k_ = 0;  ///< padded to whole groups; for FP16 the number of elements
  ActivationFormat format_;
  std::uint32_t low_bits_ = 0;
  std::vector<std::int16_t> high_;  ///< laid out as in GroupTile
  std::vector<std::int16_t> low_;
  std::vector<std::uint8_t> exponents_;
  std::vector<float> values_;  ///< FP16: [i · rows + row]
};

}  // namespace anda

#endif
