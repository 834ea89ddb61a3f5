// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_VECTOR_UNIT_VECTOR_PASSES_H
#define ANDA_VECTOR_UNIT_VECTOR_PASSES_H

#include <cstdint>
#include <vector>

#include <anda/dataflow/vector_task.h>
#include <anda/vector_unit/vector_unit_config.h>

namespace anda {

/// What the lanes do with an element, or once with a row: steps of one cycle (add, multiply, compare) and functions.
struct LaneWork {
  std::uint32_t simple = 0;
  std::uint32_t exponentials = 0;
  std::uint32_t reciprocals = 0;
  std::uint32_t roots = 0;  ///< 1 / √x

  std::uint64_t cycles(const VectorUnitConfig& config) const {
    return simple + std::uint64_t{exponentials} * config.exp_cycles +
           std::uint64_t{reciprocals} * config.reciprocal_cycles + std::uint64_t{roots} * config.root_cycles;
  }
};

/// One pass over the elements of some rows.
struct VectorPass {
  LaneWork element;
  LaneWork row;          ///< once for each row
  bool reduces = false;  ///< the lanes' partial results are added up in a tree
  bool keeps = false;    ///< writes its values back for the next pass
};

/// The passes of an operation in order; the last one puts the results out. `rows_fit`: whole rows are in the buffer,
/// so that one pass can keep values for the next; otherwise each pass reads x again. Counts are those of the standard
/// algorithms: safe softmax (maximum, sum, division), mean and variance in one pass, GELU in its tanh form, and for the
/// largest of a row the maximum again and again.
std::vector<VectorPass> passes_of(const VectorTask& task, bool rows_fit);

}  // namespace anda

#endif
