// SPDX-License-Identifier: Apache-2.0
#include <anda/mxu/array_pace.h>

namespace anda {

/// Advances plane by plane as the ports deliver and the pipeline moves. The ports continue while the pipeline stands
/// still: each fetches its next operand, weights of a group or activations of a plane, and waits until the array has
/// taken it.
std::uint64_t ArrayPace::take_in_between(const TileTiming& tile, std::uint64_t started) {
  std::uint64_t stood = 0;
  const auto enters = [&](std::uint64_t ready) {
    const std::uint64_t entered = stands.moves(ready);
    stood += entered - ready;
    return entered;
  };
  std::uint64_t first = started;  // the group's first plane
  for (std::uint64_t group = 0; stands.end() > first; ++group) {
    std::uint64_t plane = first;
    for (std::size_t i = 1; i < tile.plane_cycles.size(); ++i) plane = enters(plane + tile.plane_cycles[i]);
    last_group = first;
    done = plane + 1;
    if (group + 1 == tile.groups) return stood;
    first = enters(std::max(plane + tile.plane_cycles[0], first + tile.words_of_group[group + 1]));
    last_group = first + tile.group_starts.back() - tile.group_starts[group + 1];
    done = last_group + tile.last_cycles;
  }
  return stood;
}

}  // namespace anda
