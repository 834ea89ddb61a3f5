// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_PANEL_PRODUCT_H
#define ANDA_NUMERIC_PANEL_PRODUCT_H

#include <anda/numeric/activation_panel.h>
#include <anda/numeric/rounding.h>
#include <anda/numeric/simd/simd.h>
#include <anda/numeric/weight_panel.h>

namespace anda {

/// Multiplies panels: sums[row · padded_columns + column] += …, groups in k order, bit for bit as dot_row(),
/// dot_row_fp16() and, for codes, dot_row_codes().
class PanelProduct {
 public:
  explicit PanelProduct(DotFormat format, const Simd& simd = best_simd()) : format_(format), simd_(&simd) {}

  void add(const ActivationPanel& activations, const WeightPanel& weights, float* sums, OverflowCounts& counts) const;

 private:
  void add_floats(const ActivationPanel& activations, const WeightPanel& weights, float* sums) const;
  void add_groups(const ActivationPanel& activations, const WeightPanel& weights, float* sums,
                  OverflowCounts& counts) const;

  DotFormat format_;
  const Simd* simd_;
};

}  // namespace anda

#endif
