// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/reference/weight_plane.h>

#include <string>

#include <anda/base/error.h>
#include <anda/numeric/weight.h>

namespace anda {

WeightPlanes to_weight_planes(const std::int8_t* weights, std::size_t count, std::uint32_t bits) {
  check_format(WeightFormat{bits, 1});
  if (count > max_group_size) {
    throw Error::input(std::to_string(count) + " weights for a group of at most " + std::to_string(max_group_size));
  }
  const int end = 1 << (bits - 1);
  WeightPlanes result;
  result.planes.resize(bits);
  for (std::size_t i = 0; i < count; ++i) {
    if (weights[i] < -end || weights[i] >= end) {
      throw Error::input("weight " + std::to_string(weights[i]) + " does not fit in " + std::to_string(bits) + " bits");
    }
    for (std::uint32_t b = 0; b < bits; ++b) {
      if (((static_cast<std::uint8_t>(weights[i]) >> b) & 1) != 0) result.planes[b].set(i);
    }
  }
  return result;
}

}  // namespace anda
