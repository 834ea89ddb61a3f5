// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ENGINE_ARRAY_PACE_H
#define ANDA_ENGINE_ARRAY_PACE_H

#include <algorithm>
#include <cstdint>

#include <anda/engine/step_costs.h>

namespace anda {

/// Level fast: how far the array, its ports and its accumulators have come with the output tiles so far, and what the
/// array waited for. Instants are cycles of the GeMM.
struct ArrayPace {
  std::uint64_t done = 0;          ///< the array has taken in the last operand
  std::uint64_t last_group = 0;    ///< the last group of the tile before started
  std::uint64_t drains = 0;        ///< the results of the tile before start to leave the accumulators
  std::uint64_t drained[2] = {};   ///< from which each bank of accumulators is free, the older tile's first
  bool compressor_slower[2] = {};  ///< and whether it was the compressor that held its results up
  std::uint64_t waited = 0;        ///< cycles for operands to be in the buffers, in this step
  std::uint64_t port[2] = {};      ///< for the port of activations, of weights
  std::uint64_t out[2] = {};       ///< for a bank that the vector unit, the compressor held up

  /// Starts a tile, or a part of one, whose panels are there at the given cycles: when the array is done with what came
  /// before, the ports have brought the first operands and a bank of accumulators is free. `weight_cycles`: of the port
  /// until the first group may start. Returns the cycle.
  std::uint64_t start(const TileCost& tile, std::uint64_t activations, std::uint64_t weights,
                      std::uint64_t weight_cycles) {
    const std::uint64_t here = std::max({done, activations, weights});
    const std::uint64_t weights_ready = std::max(weights, last_group) + weight_cycles;
    const std::uint64_t activations_ready =
        std::max(activations + tile.first_activation_cycles, done + tile.first_activation_cycles - 1);
    const std::uint64_t ready = std::max({here, weights_ready, activations_ready});
    const std::uint64_t started = std::max(ready, drained[0]);
    if (started == done) return done;  // what mostly happens: there is nothing to wait for
    waited += here - done;
    port[weights_ready >= activations_ready] += ready - here;
    out[compressor_slower[0]] += started - ready;
    return started;
  }

  /// Passes over `tiles` equal tiles that wait for nothing, in a GeMM that flows; drain() has to follow for one more.
  void skip(const TileCost& tile, std::uint64_t tiles) {
    if (tiles == 0) return;
    done += tiles * tile.cycles();
    port[tile.weights_slower] += tiles * (tile.cycles() - tile.busy_cycles);
    drained[1] = done + tile.out_cycles;
    compressor_slower[1] = tile.compressor_slower();
  }

  /// Takes in the operands of what started then: `inner` cycles from its first group to its last, `busy` of all of its
  /// cycles are the array's own. What is beyond them, the slower port needs.
  void take_in(const TileCost& tile, std::uint64_t started, std::uint64_t inner, std::uint64_t busy) {
    last_group = started + inner;
    done = last_group + tile.last_cycles;
    port[tile.weights_slower] += inner + tile.last_cycles - busy;
  }

  /// Empties the bank of the tile that is done, after the one before it, while the array goes on with the other.
  void drain(const TileCost& tile) {
    drained[0] = drained[1];
    compressor_slower[0] = compressor_slower[1];
    drains = std::max(done, drained[0]);
    drained[1] = drains + tile.out_cycles;
    compressor_slower[1] = tile.compressor_slower();
  }
};

}  // namespace anda

#endif
