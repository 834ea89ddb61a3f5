// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_ARRAY_TILE_H
#define ANDA_MXU_ARRAY_TILE_H

#include <cstdint>

namespace anda {

/// Level cycle: one output tile of the array, rows × columns of results over all groups of a step.
struct ArrayTile {
  std::uint64_t step = 0;  ///< number of the step in the GeMM
  std::uint64_t row = 0;   ///< place of the tile in the step
  std::uint64_t column = 0;
  std::uint64_t rows = 0;  ///< of results
  std::uint64_t columns = 0;
  std::uint64_t k = 0;
  std::uint64_t groups = 0;
  bool last_of_step = false;
  bool last_of_row = false;

  std::uint64_t weight_words = 0;      ///< of a group
  std::uint64_t activation_slots = 0;  ///< clocks of the port for a group's activations, with padding
  std::uint64_t activation_words = 0;  ///< of the tile, without padding
  std::uint64_t exponent_words = 0;    ///< of a group

  bool compress = false;
  bool partial_sums = false;  ///< go out, since k is split
  bool takes_partial_sums = false;
  std::uint64_t block = 0;            ///< number of the result block in the GeMM
  std::uint64_t column_of_block = 0;  ///< first column of the tile in it

  std::uint64_t values() const { return rows * columns; }
};

}  // namespace anda

#endif
