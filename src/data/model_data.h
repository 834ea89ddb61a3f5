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

/// Made-up parameters and inputs of a language model. A number depends on the seed, the name of its tensor and its
/// place only.
class ModelData {
 public:
  ModelData(const ModelShape& shape, std::uint64_t seed) : shape_(shape), seed_(seed) {}

  /// A bell curve of standard deviation 1 / √k, quantised or rounded to FP16. `zeroed`: grows by what was not 0 and is.
  WeightTensor weights(const std::string& name, std::uint64_t k, std::uint64_t n, const WeightFormat& format,
                       std::uint64_t& zeroed) const;
  /// Columns first … first + count − 1 of such weights of k × n, turned over if `turned`.
  WeightTensor part_of_weights(const std::string& name, std::uint64_t k, std::uint64_t n, std::uint64_t first,
                               std::uint64_t count, bool turned, const WeightFormat& format,
                               std::uint64_t& zeroed) const;
  /// γ around 1, and where `shifts` β around 0, both FP16.
  VectorConstants norm(const std::string& name, std::uint64_t width, bool shifts) const;
  /// Cosines and sines of positions, as FP32(cos(position · 10000^(−2i / rotary_dim))).
  VectorConstants rotary(const std::vector<std::uint64_t>& positions) const;

  /// Tokens of a prompt.
  std::vector<std::uint32_t> tokens(std::uint64_t sequence, std::uint64_t count) const;
  /// Rows of the embedding, or of a table of positions.
  std::vector<Fp16> embedding(const std::vector<std::uint32_t>& tokens);
  std::vector<Fp16> positions(const std::vector<std::uint64_t>& positions);
  /// Rows as they come into a layer, with channels of large values.
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
