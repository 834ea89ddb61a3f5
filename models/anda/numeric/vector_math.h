// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_VECTOR_MATH_H
#define ANDA_NUMERIC_VECTOR_MATH_H

#include <array>
#include <cstddef>

#include <anda/numeric/fp16.h>

namespace anda {

// The arithmetic of the vector unit (docs/numeric.md): FP32 in every step, with each addition and multiplication
// rounded once and none fused. Functions combine a table segment with a polynomial or a Newton step. The bits are the
// same on every machine.

/// e^x.
float vector_exp(float x);
/// 2^t; infinity for t ≥ 128, 0 for t < −126: subnormal results are flushed to 0.
float vector_exp2(float t);
/// 1 / x; |x| < 2^−126 counts as 0.
float vector_reciprocal(float x);
/// 1 / √x; infinity for 0, NaN for negative x.
float vector_reciprocal_root(float x);

/// x / (1 + e^−x)
float vector_sigmoid(float x);
float vector_silu(float x);
/// x / 2 · (1 + tanh(√(2 / π) · (x + 0.044715 x³))), as x / (1 + e^(−2 √(2 / π) · (x + 0.044715 x³)))
float vector_gelu(float x);

/// The larger operand; NaN if either is NaN. The maximum of an empty row is −∞.
float vector_max(float a, float b);

/// A row sum: element i is added to partial sum i mod 16, in order; finally the halves of 16, 8, 4 and 2 partial sums
/// are added. The result depends neither on the number of lanes nor on how a row is split.
class VectorSum {
 public:
  static constexpr std::size_t parts = 16;

  void add(std::size_t index, float value) { parts_[index % parts] += value; }
  float total() const;

 private:
  std::array<float, parts> parts_{};
};

}  // namespace anda

#endif
