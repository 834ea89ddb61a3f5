// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_LLM_LINEAR_H
#define ANDA_SIM_LLM_LINEAR_H

#include <anda/numeric/weight_format.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "llm/checkpoint.h"
#include "llm/quantisation.h"

namespace anda::sim {

/// How the weights of the FP-INT GeMMs are treated: rounded along k to integers and back, to q · scale in FP32, by
/// quantise() of the numeric library; without a format, used as stored.
using WeightRounding = std::optional<WeightFormat>;

/// A linear layer, y = x · Wᵀ + b in FP32.
struct Linear {
  std::size_t inputs = 0;
  std::size_t outputs = 0;
  std::vector<float> weights;  ///< [outputs × inputs], as stored
  std::vector<float> bias;     ///< empty: none

  /// Computes y[rows × outputs] from x[rows × inputs], both without gaps between rows.
  void apply(const float* x, std::size_t rows, float* y) const;
};

/// Reads linear layers from a checkpoint: packed integers are dequantised, numbers rounded or used as stored.
class LinearReader {
 public:
  /// `rounding` applies to layers stored as numbers, and only in checkpoints that are not quantised.
  LinearReader(const Checkpoint& checkpoint, const std::optional<Quantisation>& quantisation,
               const WeightRounding& rounding)
      : checkpoint_(checkpoint), quantisation_(quantisation), rounding_(rounding) {}

  /// Reads `name`.weight, or the packed tensors in its place, and with `has_bias` `name`.bias. Throws Error (input)
  /// with the tensor.
  Linear read(const std::string& name, std::size_t inputs, std::size_t outputs, bool has_bias) const;
  /// The same without rounding, for the output head, which is not an FP-INT GeMM.
  Linear read_plain(const std::string& name, std::size_t inputs, std::size_t outputs, bool has_bias) const;

 private:
  const Checkpoint& checkpoint_;
  const std::optional<Quantisation>& quantisation_;
  const WeightRounding& rounding_;
};

/// Rows first … first + outputs − 1 of a layer as a separate layer.
Linear part_of(const Linear& whole, std::size_t first, std::size_t outputs);

}  // namespace anda::sim

#endif
