// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_WEIGHT_H
#define ANDA_NUMERIC_WEIGHT_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include <anda/numeric/fp16.h>
#include <anda/numeric/weight_format.h>

namespace anda {

/// Throws Error::input for a width outside 1 … 8, a scale group of 0 or zero points of another width.
void check_format(const WeightFormat& format);

/// One output column: K integers, ceil(K / scale_group) scales and, if the format has them, as many zero points.
/// A K × N matrix consists of N such columns.
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

/// Converts the exponent of an Anda group, whose mantissas are integers of `bits` including the sign, to their scale, a
/// power of two that FP16 can hold; and back.
Fp16 scale_of_exponent(std::uint32_t exponent, std::uint32_t bits);
std::uint32_t exponent_of_scale(Fp16 scale, std::uint32_t bits);

/// Symmetric round-to-nearest quantisation of K finite weights by scale group:
///   scale = FP16(max|w| / qmax), q = clamp(RNE(w / scale), −qmax, qmax), qmax = 2^(bits−1) − 1.
/// The most negative code is unused, so that the grid is symmetric. A scale group whose scale rounds to 0 is all 0.
/// With 1 bit the two's complement codes are −1 and 0, which form no symmetric grid: scale = FP16(−min(w, 0)) and
/// q = −1 where w / scale < −1/2, else 0; positive weights are lost.
/// With zero points, 2^bits − 1 steps cover the range from low = min(w, 0) to high = max(w, 0):
///   scale = FP16((high − low) / (2^bits − 1)), z = clamp(RNE(−low / scale), 0, 2^bits − 1),
///   q = clamp(RNE(w / scale) + z, 0, 2^bits − 1), both stored minus 2^(bits−1), which keeps q − z.
/// Throws Error::input for a weight that is not finite or a scale beyond 65504.
WeightColumn quantise(const std::vector<float>& weights, const WeightFormat& format);

}  // namespace anda

#endif
