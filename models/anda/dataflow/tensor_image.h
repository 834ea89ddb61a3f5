// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DATAFLOW_TENSOR_IMAGE_H
#define ANDA_DATAFLOW_TENSOR_IMAGE_H

#include <cstdint>
#include <vector>

#include <anda/numeric/panel_codec.h>

namespace anda {

// Whole tensors in their external memory layout: consecutive panels as wide as the array (numeric/panel_codec.h), so
// that the results of one GeMM can serve unchanged as the activations of the next.

/// Packs m × k row-major values in panels of `panel` rows; adds the encoding losses to `loss`.
std::vector<std::uint8_t> pack_activation_tensor(const std::vector<Fp16>& values, std::uint64_t m, std::uint64_t k,
                                                 const ActivationFormat& format, std::uint32_t panel,
                                                 EncodingLoss& loss);

/// The inverse. Throws Error (run) if the number of bytes does not match.
std::vector<Fp16> unpack_activation_tensor(const std::vector<std::uint8_t>& bytes, std::uint64_t m, std::uint64_t k,
                                           const ActivationFormat& format, std::uint32_t panel);

/// A k × n weight matrix, row-major, in one of three forms: integer codes with n scales per scale group, and as many
/// zero points if the format has them (scales are powers of two in formats with shared exponents); FP16 numbers; or
/// numbers that are encoded when packed.
struct WeightTensor {
  std::uint64_t k = 0;
  std::uint64_t n = 0;
  WeightFormat format;
  std::vector<std::int8_t> codes;
  std::vector<Fp16> scales;
  std::vector<std::int8_t> zeros = {};
  std::vector<Fp16> halves = {};    ///< if format.is_fp16(), instead of codes and scales
  std::vector<float> given = {};    ///< if format.encoded: the numbers before encoding
  std::vector<float> numbers = {};  ///< and their encoded values

  /// Code less zero point, q − z.
  std::int32_t steps_of(std::uint64_t k_, std::uint64_t column) const {
    return codes[k_ * n + column] - (zeros.empty() ? 0 : zeros[k_ / format.scale_group * n + column]);
  }
  /// Exact value of a weight, without rounding.
  float value(std::uint64_t k_, std::uint64_t column) const {
    if (format.encoded) return numbers[k_ * n + column];
    if (format.is_fp16()) return to_float(halves[k_ * n + column]);
    return static_cast<float>(steps_of(k_, column)) * to_float(scales[k_ / format.scale_group * n + column]);
  }
};

/// Packs weights in panels of `panel` columns. Throws Error (input) for a code that does not fit, or a number that the
/// format cannot represent.
std::vector<std::uint8_t> pack_weight_tensor(const WeightTensor& weights, std::uint64_t panel);

/// The inverse for integer codes. Throws Error (run) if the number of bytes does not match.
WeightTensor unpack_weight_tensor(const std::vector<std::uint8_t>& bytes, std::uint64_t k, std::uint64_t n,
                                  const WeightFormat& format, std::uint64_t panel);

/// Size of a tensor in external memory, in bytes.
std::uint64_t tensor_bytes(std::uint64_t m, std::uint64_t k, const ActivationFormat& format, std::uint32_t panel);
std::uint64_t tensor_bytes(std::uint64_t k, std::uint64_t n, const WeightFormat& format, std::uint64_t panel);

}  // namespace anda

#endif
