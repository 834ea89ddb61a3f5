// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_TILE_TIMING_H
#define ANDA_MXU_TILE_TIMING_H

#include <cstdint>
#include <vector>

#include <anda/dataflow/step_plan.h>

namespace anda {

/// One pass of the array over an output tile, as wide as the array or ragged. While a group is computed, the ports
/// bring the weights of the next one and the activations of its next plane.
struct TileTiming {
  std::uint64_t rows = 0;  ///< what it is the timing of
  std::uint64_t columns = 0;
  std::uint64_t k = 0;

  std::uint64_t groups = 0;
  std::uint64_t group_cycles = 0;             ///< for each group, as long as the ports need or the array
  std::uint64_t busy_cycles = 0;              ///< for all groups, of the array alone
  std::uint64_t weight_words = 0;             ///< of a group
  std::uint64_t first_weight_words = 0;       ///< that come before the first group may start
  std::uint64_t first_activation_cycles = 0;  ///< of the port, until the first group may start
  std::uint64_t inner_cycles = 0;             ///< from the start of the first group to that of the last
  std::uint64_t last_cycles = 0;              ///< of the last group
  bool weights_slower = false;                ///< than activations, of the two ports
  std::vector<std::uint64_t> words_of_group;  ///< weight words of each group, with the scales that come with it
  std::vector<std::uint64_t> group_starts;    ///< cycles from the start of the first group to that of each
  std::vector<std::uint64_t> plane_cycles;    ///< at least from the plane before to each plane of a group

  TileTiming() = default;
  /// `compute`: cycles of the element for a group. `words_per_cycle`: of the port for activations; the weights' port
  /// brings one. Scales come with the weights of the first group that needs them.
  TileTiming(const StepPlan& plan, const ArrayTile& tile, std::uint64_t compute, std::uint64_t words_per_cycle);

  bool fits(const ArrayTile& tile) const { return rows == tile.rows && columns == tile.columns && k == tile.k; }
};

}  // namespace anda

#endif
