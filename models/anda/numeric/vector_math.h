// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_VECTOR_MATH_H
#define ANDA_NUMERIC_VECTOR_MATH_H

#include <array>
#include <cstddef>

#include <anda/numeric/fp16.h>

namespace anda {

// The arithmetic of the vector unit (docs/numeric.md): FP32 in every step, each addition and multiplication rounded
// once, none fused. Functions are a segment of a table and a polynomial or a Newton step. Bits are the same on every
// machine.

/// e^x.
float vector_exp(float x);
/// 2^t; infinity from 128 on, 0 below −126: results that FP32 holds as subnormal numbers are 0.
float vector_exp2(float t);
/// 1 / x; 0 below 2^−126 in size counts as 0.
float vector_reciprocal(float x);
/// 1 / √x; infinity for 0, NaN below it.
float vector_reciprocal_root(float x);

/// x / (1 + e^−x)
float vector_sigmoid(float x);
float vector_silu(float x);
/// x / 2 · (1 + tanh(√(2 / π) · (x + 0.044715 x³))), as x / (1 + e^(−2 √(2 / π) · (x + 0.044715 x³)))
float vector_gelu(float x);

/// The larger one; a NaN if there is one. The maximum of nothing is −∞.
float vector_max(float a, float b);

/// A sum over a row: element i goes to partial sum i mod 16, in order; the end adds the halves of 16, 8, 4 and 2
/// partial sums. It depends neither on the number of lanes nor on how a row is cut.
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
