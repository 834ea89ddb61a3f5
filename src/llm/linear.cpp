// SPDX-License-Identifier: Apache-2.0
#include "llm/linear.h"

#include <anda/base/error.h>
#include <anda/numeric/weight.h>
#include <fmt/format.h>

#include <algorithm>

#include "llm/blas.h"
#include "llm/packed_weights.h"

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
        weights[k] = static_cast<float>(column.steps_of(k)) *
                     to_float(column.scale_of(k));  // exact: a 9-bit times an 11-bit number
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

Linear LinearReader::read_plain(const std::string& name, std::size_t inputs, std::size_t outputs, bool has_bias) const {
  Linear layer;
  layer.inputs = inputs;
  layer.outputs = outputs;
  const std::string bias = name + ".bias";
  if (quantisation_ && is_packed(checkpoint_, *quantisation_, name)) {
    layer.weights = read_packed(checkpoint_, *quantisation_, name, inputs, outputs);
    has_bias = has_bias || checkpoint_.has(bias);  // some quantisers add a bias to every layer
  } else {
    layer.weights = checkpoint_.read(name + ".weight", {outputs, inputs});
  }
  if (has_bias) layer.bias = checkpoint_.read(bias, {outputs});
  return layer;
}

Linear LinearReader::read(const std::string& name, std::size_t inputs, std::size_t outputs, bool has_bias) const {
  Linear layer = read_plain(name, inputs, outputs, has_bias);
  if (rounding_ && !quantisation_) round_weights(layer, *rounding_, name);
  return layer;
}

Linear part_of(const Linear& whole, std::size_t first, std::size_t outputs) {
  Linear part;
  part.inputs = whole.inputs;
  part.outputs = outputs;
  const auto at = [&](const std::vector<float>& all, std::size_t row) {
    return all.begin() + static_cast<std::ptrdiff_t>(row);
  };
  part.weights.assign(at(whole.weights, first * whole.inputs), at(whole.weights, (first + outputs) * whole.inputs));
  if (!whole.bias.empty()) part.bias.assign(at(whole.bias, first), at(whole.bias, first + outputs));
  return part;
}

}  // namespace anda::sim
