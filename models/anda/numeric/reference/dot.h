// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_REFERENCE_DOT_H
#define ANDA_NUMERIC_REFERENCE_DOT_H

#include <cstddef>
#include <cstdint>

#include <anda/numeric/reference/anda_group.h>
#include <anda/numeric/reference/bit_plane.h>
#include <anda/numeric/reference/weight_plane.h>
#include <anda/numeric/weight.h>

namespace anda {

// The group dot product D = Σ (−1)^s · m · w, an exact integer. Its width: a mantissa is a shifted 11-bit significand,
// so the largest M-bit one is 2^M − 1 for M ≤ 11 and 2047 · 2^(M − 11) above; a weight's magnitude is at most 2^(bits −
// 1). INT32 thus holds every D of the Anda format, but iFPU's 24-bit mantissas need more, so the functions return 64
// bits.

/// Largest |D| of a group.
constexpr std::int64_t dot_bound(const GroupFormat& format, std::uint32_t weight_bits) {
  const std::int64_t mantissa = format.mantissa_bits <= 11 ? (std::int64_t{1} << format.mantissa_bits) - 1
                                                           : std::int64_t{2047} << (format.mantissa_bits - 11);
  return std::int64_t{format.group_size} * mantissa * (std::int64_t{1} << (weight_bits - 1));
}

static_assert(dot_bound({max_group_size, max_mantissa_bits}, max_weight_bits) == 2'146'435'072 &&
                  dot_bound({max_group_size, max_mantissa_bits}, max_weight_bits) <= INT32_MAX,
              "the widest Anda dot product, 256 · 65504 · 128, fits in INT32");
static_assert(dot_bound({64, max_aligned_bits}, 4) > INT32_MAX, "iFPU's 24-bit mantissas do not");

/// D by its definition, over the first `count` ≤ group size elements; the others count as weight 0.
std::int64_t dot_group(const AndaGroup& group, const std::int8_t* weights, std::size_t count);

/// Σ ±m of the first `count` elements, the factor of a zero point.
std::int64_t sum_group(const AndaGroup& group, std::size_t count);

/// Σ ±w over the elements whose bit is set in a mantissa plane: the sum that an APU computes in a cycle.
std::int64_t dot_plane(const BitPlane& plane, const BitPlane& sign, const WeightPlanes& weights);

/// D as the APU computes it, plane by plane from the most significant: acc = 2 · acc + plane sum.
std::int64_t dot_group(const PlaneGroup& group, const WeightPlanes& weights);

/// D as iFPU computes it, one weight bit after another: Σ_b ±2^b · Σ ±m over the weights with bit b set, the highest
/// bit counting negative. `weights` may cover at most as many elements as `group`; throws Error::input otherwise.
std::int64_t dot_group(const AndaGroup& group, const WeightPlanes& weights);

}  // namespace anda

#endif
