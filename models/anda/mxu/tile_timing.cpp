// SPDX-License-Identifier: Apache-2.0
#include <anda/mxu/tile_timing.h>

#include <algorithm>

#include <anda/base/math.h>

namespace anda {

TileTiming::TileTiming(const StepPlan& plan, const ArrayTile& tile, std::uint64_t compute,
                       std::uint64_t words_per_cycle)
    : rows(tile.rows), columns(tile.columns), k(tile.k), groups(tile.groups), weight_words(tile.weight_words) {
  const std::uint64_t activations = ceil_div(tile.group_activations.data, words_per_cycle);
  const std::uint64_t floor = std::max(compute, activations);
  group_cycles = std::max(floor, weight_words);
  busy_cycles = compute * groups;
  first_weight_words = plan.weight_words(tile, 1);
  first_activation_cycles = ceil_div(activations, compute);
  words_of_group = {first_weight_words};
  group_starts = {0};
  std::uint64_t come = first_weight_words;
  for (std::uint64_t group = 2; group <= groups; ++group) {
    const std::uint64_t words = plan.weight_words(tile, group);
    inner_cycles += std::max(floor, words - come);
    words_of_group.push_back(words - come);
    group_starts.push_back(inner_cycles);
    come = words;
  }
  // The port requests an operand once the array has taken the previous one.
  last_cycles = 1;
  for (std::uint64_t plane = 0; plane < compute; ++plane) {
    const std::uint64_t words = ceil_div((plane + 1) * activations, compute) - ceil_div(plane * activations, compute);
    plane_cycles.push_back(std::max<std::uint64_t>(1, words));
    if (plane > 0) last_cycles += plane_cycles.back();
  }
  weights_slower = weight_words >= activations;
}

}  // namespace anda
