// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_REFERENCE_WEIGHT_PLANE_H
#define ANDA_NUMERIC_REFERENCE_WEIGHT_PLANE_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include <anda/numeric/reference/bit_plane.h>

namespace anda {

/// The weights of one group by bit: planes[b] holds bit b of each weight, so planes.back() is the two's complement sign
/// bit, worth −2^(bits−1). A plane sum thus takes a few AND and popcount operations per word.
struct WeightPlanes {
  std::vector<BitPlane> planes;
};

/// Splits up to 256 weights of 1 … 8 bits; elements beyond `count` are 0. Throws Error::input for other sizes or a
/// value that does not fit.
WeightPlanes to_weight_planes(const std::int8_t* weights, std::size_t count, std::uint32_t bits);

}  // namespace anda

#endif
