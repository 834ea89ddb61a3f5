// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_FUNCTIONAL_DATA_LOSSES_H
#define ANDA_FUNCTIONAL_DATA_LOSSES_H

#include <cstdint>

#include <anda/numeric/non_finite.h>
#include <anda/numeric/rounding.h>

namespace anda {

/// What the arithmetic of an operation lost, in a functional simulation.
struct DataLosses {
  OverflowCounts overflows;
  NonFiniteCounts misread;    ///< activations that the element had to replace, at every read
  NonFiniteCounts saturated;  ///< results that became groups, which have no infinity and no NaN
  std::uint64_t first_saturated_row = 0;
  std::uint64_t first_saturated_column = 0;
  std::uint64_t zeroed = 0;  ///< results that were not 0 and became 0 in their group
};

}  // namespace anda

#endif
