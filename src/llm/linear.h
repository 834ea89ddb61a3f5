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

/// Takes linear layers out of a checkpoint: integers as it packs them, numbers rounded or as they are.
class LinearReader {
 public:
  /// `rounding` is of layers that are numbers, and only of checkpoints that nothing has quantised.
  LinearReader(const Checkpoint& checkpoint, const std::optional<Quantisation>& quantisation,
               const WeightRounding& rounding)
      : checkpoint_(checkpoint), quantisation_(quantisation), rounding_(rounding) {}

  /// Reads `name`.weight, or what is packed in its place, and, with `has_bias`, `name`.bias. Throws Error (input)
  /// naming the tensor.
  Linear read(const std::string& name, std::size_t inputs, std::size_t outputs, bool has_bias) const;
  /// The same without rounding: the output head is no FP-INT GeMM.
  Linear read_plain(const std::string& name, std::size_t inputs, std::size_t outputs, bool has_bias) const;

 private:
  const Checkpoint& checkpoint_;
  const std::optional<Quantisation>& quantisation_;
  const WeightRounding& rounding_;
};

/// Rows first … first + outputs − 1 of a layer as a layer of their own.
Linear part_of(const Linear& whole, std::size_t first, std::size_t outputs);

}  // namespace anda::sim

#endif
