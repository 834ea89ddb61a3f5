// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/reference/dot.h>

#include <string>

namespace anda {

std::int64_t dot_group(const AndaGroup& group, const std::int8_t* weights, std::size_t count) {
  if (count > group.size()) {
    throw Error::input(std::to_string(count) + " weights for a group of " + std::to_string(group.size()));
  }
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t product = std::int64_t{group.mantissa[i]} * weights[i];
    sum += group.negative[i] != 0 ? -product : product;
  }
  return sum;
}

std::int64_t sum_group(const AndaGroup& group, std::size_t count) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    sum += group.negative[i] != 0 ? -std::int64_t{group.mantissa[i]} : std::int64_t{group.mantissa[i]};
  }
  return sum;
}

std::int64_t dot_group(const AndaGroup& group, const WeightPlanes& weights) {
  std::int64_t sum = 0;
  for (std::size_t b = 0; b < weights.planes.size(); ++b) {
    std::int64_t of_bit = 0;
    for (std::size_t i = 0; i < max_group_size; ++i) {
      if (!weights.planes[b].test(i)) continue;
      if (i >= group.size()) throw Error::input("weights beyond a group of " + std::to_string(group.size()));
      of_bit += group.negative[i] != 0 ? -std::int64_t{group.mantissa[i]} : std::int64_t{group.mantissa[i]};
    }
    sum += (b + 1 == weights.planes.size() ? -of_bit : of_bit) * (std::int64_t{1} << b);
  }
  return sum;
}

std::int64_t dot_plane(const BitPlane& plane, const BitPlane& sign, const WeightPlanes& weights) {
  std::int64_t sum = 0;
  for (std::size_t word = 0; word < BitPlane::word_count; ++word) {
    if (plane.word(word) == 0) continue;
    const std::uint64_t plus = plane.word(word) & ~sign.word(word);
    const std::uint64_t minus = plane.word(word) & sign.word(word);
    for (std::size_t b = 0; b < weights.planes.size(); ++b) {
      const std::uint64_t bits = weights.planes[b].word(word);
      const std::int64_t part = (count_ones(plus & bits) - count_ones(minus & bits)) * (std::int64_t{1} << b);
      sum += b + 1 == weights.planes.size() ? -part : part;
    }
  }
  return sum;
}

std::int64_t dot_group(const PlaneGroup& group, const WeightPlanes& weights) {
  std::int64_t accumulator = 0;
  for (const BitPlane& plane : group.planes) accumulator = 2 * accumulator + dot_plane(plane, group.sign, weights);
  return accumulator;
}

}  // namespace anda
