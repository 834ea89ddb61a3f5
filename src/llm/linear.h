// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_LLM_LINEAR_H
#define ANDA_SIM_LLM_LINEAR_H

#include <anda/numeric/weight_format.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "llm/checkpoint.h"

namespace anda::sim {

/// How the weights of the FP-INT GeMMs are taken: rounded to integers and back, q · scale in FP32, by quantise() of the
/// numeric library along k; or, without a format, as they are stored.
using WeightRounding = std::optional<WeightFormat>;

/// A linear layer, y = x · Wᵀ + b in FP32.
struct Linear {
  std::size_t inputs = 0;
  std::size_t outputs = 0;
  std::vector<float> weights;  ///< [outputs × inputs], as stored
  std::vector<float> bias;     ///< empty: none

  /// y[rows × outputs] of x[rows × inputs], both without gaps between rows.
  void apply(const float* x, std::size_t rows, float* y) const;
};

/// Reads `name`.weight and, with `has_bias`, `name`.bias. Throws Error (input) naming the tensor.
Linear read_linear(const Checkpoint& checkpoint, const std::string& name, std::size_t inputs, std::size_t outputs,
                   bool has_bias, const WeightRounding& rounding);

}  // namespace anda::sim

#endif
