// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_WEIGHT_FORMAT_H
#define ANDA_NUMERIC_WEIGHT_FORMAT_H

#include <cstdint>

#include <anda/base/math.h>
#include <anda/numeric/activation_format.h>

namespace anda {

inline constexpr std::uint32_t max_weight_bits = 8;

/// The format of a GeMM's second operand. Weights are two's complement integers of `bits` (1 … 8), −2^(bits−1) …
/// 2^(bits−1) − 1, with one FP16 scale per `scale_group` consecutive weights along K; the last scale group may be
/// shorter. With a zero point z a weight is (q − z) · scale; z is as wide as q. Keys and values of a cache may have a
/// shared exponent of 5 bits instead of the scale, or be FP16 without one. Encoded weights are numbers of an operand
/// format (format/operand_format.h) of up to 16 bits, whose groups share `scale_bits` of any kind.
struct WeightFormat {
  std::uint32_t bits = 4;
  std::uint32_t scale_group = 128;
  std::uint32_t scale_bits = 16;           ///< 16: FP16 scale; 5: shared exponent; 8: power of two; 0: none
  std::uint32_t zero_bits = 0;             ///< width of a scale group's zero point, equal to `bits`; 0: symmetric
  bool encoded = false;                    ///< not integers: processing elements decode them or multiply them directly
  const OperandFormat* operand = nullptr;  ///< if encoded, where values are computed; owned by the configuration

  static constexpr std::uint32_t fp16_bits = 16;
  static constexpr std::uint32_t power_bits = 8;  ///< width of a power-of-two scale

  static WeightFormat fp16(std::uint32_t scale_group) { return {fp16_bits, scale_group, 0}; }
  bool is_fp16() const { return bits == fp16_bits; }
  /// Whether elements are integers with an FP16 scale or an exponent, which arrays multiply directly; those with a
  /// power-of-two scale may be of any kind.
  bool is_scaled() const { return !encoded && (scale_bits == 16 || scale_bits == ActivationFormat::exponent_bits); }
  bool has_zero_points() const { return zero_bits != 0; }

  /// Bytes of the zero points of a scale group for this number of columns.
  std::uint64_t zero_bytes(std::uint64_t columns) const { return ceil_div(columns * zero_bits, 8); }
  /// Bytes of k × columns packed weights with their scales or exponents and zero points; the scales and the zero points
  /// of each scale group are padded to whole bytes.
  std::uint64_t bytes(std::uint64_t k, std::uint64_t columns) const {
    const std::uint64_t of_group = ceil_div(columns * scale_bits, 8) + zero_bytes(columns);
    return ceil_div(k * columns * bits, 8) + ceil_div(k, scale_group) * of_group;
  }
};

}  // namespace anda

#endif
