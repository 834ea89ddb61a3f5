// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_DATA_MODEL_DATA_H
#define ANDA_SIM_DATA_MODEL_DATA_H

#include <anda/dataflow/tensor_image.h>
#include <anda/functional/vector_constants.h>

#include <cstdint>
#include <string>
#include <vector>

#include "workload/model_shape.h"

namespace anda::sim {

/// Synthetic parameters and inputs of a language model. A number depends only on the seed, the name of its tensor and
/// its position in it.
class ModelData {
 public:
  ModelData(const ModelShape& shape, std::uint64_t seed) : shape_(shape), seed_(seed) {}

  /// Normally distributed weights (k × n) with standard deviation 1 / √k, quantised or rounded to FP16. Adds to
  /// `zeroed` the number of non-zero weights that quantisation made 0.
  WeightTensor weights(const std::string& name, std::uint64_t k, std::uint64_t n, const WeightFormat& format,
                       std::uint64_t& zeroed) const;
  /// Columns first … first + count − 1 of such weights (k × n), transposed if `turned`.
  WeightTensor part_of_weights(const std::string& name, std::uint64_t k, std::uint64_t n, std::uint64_t first,
                               std::uint64_t count, bool turned, const WeightFormat& format,
                               std::uint64_t& zeroed) const;
  /// γ around 1 and, with `shifts`, β around 0, both FP16.
  VectorConstants norm(const std::string& name, std::uint64_t width, bool shifts) const;
  /// Cosines and sines of positions, FP32(cos(position · 10000^(−2i / rotary_dim))).
  VectorConstants rotary(const std::vector<std::uint64_t>& positions) const;

  /// Tokens of a prompt.
  std::vector<std::uint32_t> tokens(std::uint64_t sequence, std::uint64_t count) const;
  /// Rows of the embedding, or of a position table.
  std::vector<Fp16> embedding(const std::vector<std::uint32_t>& tokens);
  std::vector<Fp16> positions(const std::vector<std::uint64_t>& positions);
  /// Input rows of a layer, with channels of large values.
  std::vector<Fp16> hidden(const std::string& name, std::uint64_t rows) const;
  /// Keys or values of the context of a decode.
  std::vector<Fp16> context(const std::string& name, std::uint64_t tokens, std::uint64_t width) const;

 private:
  static WeightTensor as_weights(const std::vector<float>& values, std::uint64_t k, std::uint64_t n,
                                 const WeightFormat& format, std::uint64_t& zeroed);
  std::vector<float> bell(const std::string& name, std::uint64_t rows, std::uint64_t columns) const;

  ModelShape shape_;
  std::uint64_t seed_;
  std::vector<Fp16> embedding_;
  std::vector<Fp16> positions_;
};

}  // namespace anda::sim

#endif
