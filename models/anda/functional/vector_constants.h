// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_FUNCTIONAL_VECTOR_CONSTANTS_H
#define ANDA_FUNCTIONAL_VECTOR_CONSTANTS_H

#include <cstdint>
#include <vector>

namespace anda {

/// Columns of a row, first … end − 1.
struct ColumnRange {
  std::uint32_t first = 0;
  std::uint32_t end = 0;
};

/// What an operation of the vector unit knows beside its operands, in a functional simulation. The timing model counts
/// no traffic for it, so it comes beside the data path: from the program that starts the operation.
struct VectorConstants {
  float epsilon = 1e-5F;     ///< norms
  std::vector<float> gamma;  ///< norms, by column; empty: 1
  std::vector<float> beta;   ///< `layer_norm`, by column; empty: 0
  float scale = 1;           ///< `softmax`: of x, above 0
  /// `softmax`, by row: the columns that take part; the others become 0. Empty: all.
  std::vector<ColumnRange> visible;
  std::uint32_t head_dim = 0;    ///< `rotary`: columns of a head …
  std::uint32_t rotary_dim = 0;  ///< … of which the first so many turn, i and i + rotary_dim / 2 together
  std::vector<float> cosines;    ///< of the angle of pair i in a row: [row · rotary_dim / 2 + i]
  std::vector<float> sines;
};

}  // namespace anda

#endif
