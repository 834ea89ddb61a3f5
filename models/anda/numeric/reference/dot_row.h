// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_REFERENCE_DOT_ROW_H
#define ANDA_NUMERIC_REFERENCE_DOT_ROW_H

#include <cstddef>
#include <vector>

#include <anda/numeric/reference/anda_group.h>
#include <anda/numeric/rounding.h>
#include <anda/numeric/weight.h>

namespace anda {

// Computes one output element at a time, in the order of the definition. dot_row.cpp must be built with
// -ffp-contract=off, as in models/anda/CMakeLists.txt: in the FP32 dot format a fused multiply-add changes the result.

/// Returns accumulator + FP32(v · scale), in FP32. The product is exact if v is an FP16 number.
float accumulate(float accumulator, float v, Fp16 scale);

/// One output element: the FP32 sum and the stored value.
struct DotResult {
  float sum = 0;
  Fp16 output;
};

/// Throws Error::input unless every group of `group_size` along K lies in one scale group: scale_group must be a
/// multiple of group_size, or K must not exceed scale_group.
void check_scale_groups(std::size_t k, std::uint32_t group_size, const WeightFormat& weights);

/// Output element of Anda, FIGNA and iFPU, which differ only in the mantissa length of `row`: groups in K order, each
/// scaled by its scale group's scale. `row` is encode_row() of K activations; `column` holds K weights, which
/// check_column() can check once for all rows. Throws Error::input if row and column do not match or scales are
/// missing.
DotResult dot_row(const std::vector<AndaGroup>& row, const WeightColumn& column, DotFormat format,
                  OverflowCounts& counts);

/// Output element of FP-INT: for each scale group, P = Σ FP32(a · q) in FP32, in K order from +0, is accumulated with
/// its scale as in accumulate(). The products a · q are exact. Infinity and NaN propagate as in IEEE 754. `column`
/// holds K weights; throws Error::input for an illegal format or missing scales.
DotResult dot_row_codes(const Fp16* activations, const WeightColumn& column, OverflowCounts& counts);

/// Output element of FP-FP: Σ FP32(a · w) in FP32, in K order; the products are exact. Infinity and NaN propagate as in
/// IEEE 754. `weights` is dequantise() of the column.
DotResult dot_row_fp16(const Fp16* activations, const Fp16* weights, std::size_t k, OverflowCounts& counts);

}  // namespace anda

#endif
