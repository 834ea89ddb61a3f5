// SPDX-License-Identifier: Apache-2.0
#include "llm/linear.h"

#include <anda/base/error.h>
#include <anda/numeric/weight.h>
#include <fmt/format.h>

#include <algorithm>

#include "llm/blas.h"

namespace anda::sim {
namespace {

void round_weights(Linear& layer, const WeightFormat& format, const std::string& name) {
  std::vector<float> row(layer.inputs);
  for (std::size_t output = 0; output < layer.outputs; ++output) {
    float* weights = layer.weights.data() + output * layer.inputs;
    row.assign(weights, weights + layer.inputs);
    try {
      const WeightColumn column = quantise(row, format);
      for (std::size_t k = 0; k < layer.inputs; ++k) {
        weights[k] = static_cast<float>(column.values[k]) * to_float(column.scale_of(k));  // exact: 8 by 11 bits
      }
    } catch (const Error& error) {
      throw Error::input(fmt::format("tensor {}, row {}: {}", shown_tensor(name + ".weight"), output, error.what()));
    }
  }
}

}  // namespace

void Linear::apply(const float* x, std::size_t rows, float* y) const {
  if (!bias.empty()) {
    for (std::size_t row = 0; row < rows; ++row) std::copy(bias.begin(), bias.end(), y + row * outputs);
  }
  const auto k = static_cast<int>(inputs);
  const auto n = static_cast<int>(outputs);
  blas().sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, static_cast<int>(rows), n, k, 1, x, k, weights.data(), k,
               bias.empty() ? 0 : 1, y, n);
}

Linear read_linear(const Checkpoint& checkpoint, const std::string& name, std::size_t inputs, std::size_t outputs,
                   bool has_bias, const WeightRounding& rounding) {
  Linear layer;
  layer.inputs = inputs;
  layer.outputs = outputs;
  layer.weights = checkpoint.read(name + ".weight", {outputs, inputs});
  if (has_bias) layer.bias = checkpoint.read(name + ".bias", {outputs});
  if (rounding) round_weights(layer, *rounding, name);
  return layer;
}

}  // namespace anda::sim
