// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_WEIGHT_H
#define ANDA_NUMERIC_WEIGHT_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include <anda/numeric/fp16.h>
#include <anda/numeric/weight_format.h>

namespace anda {

/// Error::input for a width outside 1 … 8, a scale group of 0 or zero points of another width.
void check_format(const WeightFormat& format);

/// One output column: K integers, ceil(K / scale_group) scales and, where the format has them, as many zero points.
/// A K × N matrix is N of these.
struct WeightColumn {
  WeightFormat format;
  std::vector<std::int8_t> values;
  std::vector<Fp16> scales;
  std::vector<std::int8_t> zeros = {};

  Fp16 scale_of(std::size_t k) const { return scales[k / format.scale_group]; }
  std::int32_t zero_of(std::size_t k) const { return zeros.empty() ? 0 : zeros[k / format.scale_group]; }
  /// q − z.
  std::int32_t steps_of(std::size_t k) const { return values[k] - zero_of(k); }
};

/// Bytes of `count` packed weights: ceil(count · bits / 8).
std::uint64_t packed_weight_bytes(std::uint64_t count, std::uint32_t bits);

/// The scale of integers of `bits`, sign included, that are the mantissas of an Anda group under this exponent: a power
/// of two that FP16 holds. And back.
Fp16 scale_of_exponent(std::uint32_t exponent, std::uint32_t bits);
std::uint32_t exponent_of_scale(Fp16 scale, std::uint32_t bits);

/// Symmetric round-to-nearest quantisation of K finite weights, a scale group at a time:
///   scale = FP16(max|w| / qmax), q = clamp(RNE(w / scale), −qmax, qmax), qmax = 2^(bits−1) − 1.
/// The most negative code is not used, so that the grid is symmetric. A scale group whose scale rounds to 0 is all 0.
/// With 1 bit the two's complement codes are −1 and 0, which has no symmetric grid: scale = FP16(−min(w, 0)) and
/// q = −1 where w / scale < −1/2, else 0; positive weights are lost.
/// With zero points the range from the smallest to the largest weight and 0 has 2^bits − 1 steps:
///   scale = FP16((high − low) / (2^bits − 1)), z = clamp(RNE(−low / scale), 0, 2^bits − 1),
///   q = clamp(RNE(w / scale) + z, 0, 2^bits − 1), and both are stored less 2^(bits−1), so that q − z stays.
/// Error::input for a weight that is not finite and for a scale beyond 65504.
WeightColumn quantise(const std::vector<float>& weights, const WeightFormat& format);

}  // namespace anda

#endif
