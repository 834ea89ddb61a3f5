// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_VECTOR_UNIT_VECTOR_PASSES_H
#define ANDA_VECTOR_UNIT_VECTOR_PASSES_H

#include <cstdint>
#include <vector>

#include <anda/dataflow/vector_task.h>
#include <anda/vector_unit/vector_unit_config.h>

namespace anda {

/// Work of the lanes per element or per row: one-cycle steps (add, multiply, compare) and functions.
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

/// One pass over the elements of a block of rows.
struct VectorPass {
  LaneWork element;
  LaneWork row;          ///< once per row
  bool reduces = false;  ///< a tree adds the lanes' partial results
  bool keeps = false;    ///< writes its values back for the next pass
};

/// The passes of an operation in order; the last one outputs the results. `rows_fit`: whole rows are in the buffer, so
/// that a pass can keep values for the next one; otherwise each pass reads x again. Counts are those of the standard
/// algorithms: safe softmax (maximum, sum, division), mean and variance in one pass, GELU in its tanh form, and
/// repeated maximum for the largest values of a row.
std::vector<VectorPass> passes_of(const VectorTask& task, bool rows_fit);

}  // namespace anda

#endif
