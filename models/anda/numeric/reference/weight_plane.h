// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_REFERENCE_WEIGHT_PLANE_H
#define ANDA_NUMERIC_REFERENCE_WEIGHT_PLANE_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include <anda/numeric/reference/bit_plane.h>

namespace anda {

/// The weights of one group, bit by bit: planes[b] holds bit b of each, so planes.back() is the sign bit of the two's
/// complement and counts −2^(bits−1). That way a plane sum is a few AND and popcount operations a word.
struct WeightPlanes {
  std::vector<BitPlane> planes;
};

/// Up to 256 weights of 1 … 8 bits; elements past `count` are 0. Error::input for other sizes or a value that does
/// not fit.
WeightPlanes to_weight_planes(const std::int8_t* weights, std::size_t count, std::uint32_t bits);

}  // namespace anda

#endif
