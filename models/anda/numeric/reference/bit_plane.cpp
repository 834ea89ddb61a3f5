// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/reference/bit_plane.h>

namespace anda {

bool operator==(const PlaneGroup& a, const PlaneGroup& b) {
  return a.group_size == b.group_size && a.exponent == b.exponent && a.sign == b.sign && a.planes == b.planes;
}

PlaneGroup to_planes(const AndaGroup& group) {
  PlaneGroup result;
  result.group_size = static_cast<std::uint32_t>(group.size());
  check_format({result.group_size, group.mantissa_bits}, max_aligned_bits);
  result.exponent = group.exponent;
  result.planes.resize(group.mantissa_bits);
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (group.negative[i] != 0) result.sign.set(i);
    for (std::uint32_t p = 0; p < group.mantissa_bits; ++p) {
      if (((group.mantissa[i] >> (group.mantissa_bits - 1 - p)) & 1) != 0) result.planes[p].set(i);
    }
  }
  return result;
}

AndaGroup to_group(const PlaneGroup& planes) {
  check_format({planes.group_size, planes.mantissa_bits()}, max_aligned_bits);
  AndaGroup group;
  group.mantissa_bits = planes.mantissa_bits();
  group.exponent = planes.exponent;
  group.negative.resize(planes.group_size);
  group.mantissa.resize(planes.group_size);
  for (std::size_t i = 0; i < planes.group_size; ++i) {
    group.negative[i] = planes.sign.test(i) ? 1 : 0;
    std::uint32_t mantissa = 0;
    for (const BitPlane& plane : planes.planes) mantissa = 2 * mantissa + (plane.test(i) ? 1 : 0);
    group.mantissa[i] = mantissa;
  }
  return group;
}

}  // namespace anda
