// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DATAFLOW_TENSOR_IMAGE_H
#define ANDA_DATAFLOW_TENSOR_IMAGE_H

#include <cstdint>
#include <vector>

#include <anda/numeric/panel_codec.h>

namespace anda {

// Whole tensors as they lie in external memory: panels as wide as the array one after another (numeric/panel_codec.h),
// so that the results of one GeMM are the activations of the next as they are.

/// m × k values, row after row, in panels of `panel` rows.
std::vector<std::uint8_t> pack_activation_tensor(const std::vector<Fp16>& values, std::uint64_t m, std::uint64_t k,
                                                 const ActivationFormat& format, std::uint32_t panel,
                                                 EncodingLoss& loss);

/// The inverse. Error::run for another number of bytes.
std::vector<Fp16> unpack_activation_tensor(const std::vector<std::uint8_t>& bytes, std::uint64_t m, std::uint64_t k,
                                           const ActivationFormat& format, std::uint32_t panel);

/// Integers of a k × n matrix of weights, row after row, and the scales of each scale group, n each, with as many zero
/// points where the format has them; scales are powers of two in a format with shared exponents. Or FP16 numbers, or
/// numbers that are encoded where they are packed.
struct WeightTensor {
  std::uint64_t k = 0;
  std::uint64_t n = 0;
  WeightFormat format;
  std::vector<std::int8_t> codes;
  std::vector<Fp16> scales;
  std::vector<std::int8_t> zeros = {};
  std::vector<Fp16> halves = {};    ///< of format.is_fp16() in the place of codes and scales
  std::vector<float> given = {};    ///< of format.encoded, before they are
  std::vector<float> numbers = {};  ///< and what they are then

  /// q − z.
  std::int32_t steps_of(std::uint64_t k_, std::uint64_t column) const {
    return codes[k_ * n + column] - (zeros.empty() ? 0 : zeros[k_ / format.scale_group * n + column]);
  }
  /// As a number, rounded nowhere.
  float value(std::uint64_t k_, std::uint64_t column) const {
    if (format.encoded) return numbers[k_ * n + column];
    if (format.is_fp16()) return to_float(halves[k_ * n + column]);
    return static_cast<float>(steps_of(k_, column)) * to_float(scales[k_ / format.scale_group * n + column]);
  }
};

/// In panels of `panel` columns. Error::input for a code that does not fit, or a number that the format cannot hold.
std::vector<std::uint8_t> pack_weight_tensor(const WeightTensor& weights, std::uint64_t panel);

/// The inverse, of integers. Error::run for another number of bytes.
WeightTensor unpack_weight_tensor(const std::vector<std::uint8_t>& bytes, std::uint64_t k, std::uint64_t n,
                                  const WeightFormat& format, std::uint64_t panel);

/// Size of a tensor in memory.
std::uint64_t tensor_bytes(std::uint64_t m, std::uint64_t k, const ActivationFormat& format, std::uint32_t panel);
std::uint64_t tensor_bytes(std::uint64_t k, std::uint64_t n, const WeightFormat& format, std::uint64_t panel);

}  // namespace anda

#endif
