// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_TILE_TIMING_H
#define ANDA_MXU_TILE_TIMING_H

#include <cstdint>
#include <vector>

#include <anda/dataflow/step_plan.h>

namespace anda {

/// One pass of the array over a full or ragged output tile. While a group is computed, the ports bring the weights of
/// the next group and the activations of the next plane.
struct TileTiming {
  std::uint64_t rows = 0;  ///< of the tile that this timing describes
  std::uint64_t columns = 0;
  std::uint64_t k = 0;

  std::uint64_t groups = 0;
  std::uint64_t group_cycles = 0;             ///< per group: the longer of the array's and the ports' time
  std::uint64_t busy_cycles = 0;              ///< the array's own cycles for all groups
  std::uint64_t weight_words = 0;             ///< per group
  std::uint64_t first_weight_words = 0;       ///< needed before the first group may start
  std::uint64_t first_activation_cycles = 0;  ///< port cycles needed before the first group may start
  std::uint64_t inner_cycles = 0;             ///< from the start of the first group to that of the last
  std::uint64_t last_cycles = 0;              ///< duration of the last group
  bool weights_slower = false;                ///< whether the weight port is slower than the activation port
  std::vector<std::uint64_t> words_of_group;  ///< weight words of each group, including the scales that come with it
  std::vector<std::uint64_t> group_starts;    ///< cycles from the start of the first group to that of each
  std::vector<std::uint64_t> plane_cycles;    ///< minimum cycles from the previous plane to each plane of a group

  TileTiming() = default;
  /// `compute`: cycles of the element per group. `words_per_cycle`: width of the activation port; the weight port is
  /// one word wide. Scales come with the weights of the first group that needs them.
  TileTiming(const StepPlan& plan, const ArrayTile& tile, std::uint64_t compute, std::uint64_t words_per_cycle);

  bool fits(const ArrayTile& tile) const { return rows == tile.rows && columns == tile.columns && k == tile.k; }
};

}  // namespace anda

#endif
