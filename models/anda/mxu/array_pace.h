// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_ARRAY_PACE_H
#define ANDA_MXU_ARRAY_PACE_H

#include <algorithm>
#include <cstdint>

#include <anda/base/standstills.h>
#include <anda/mxu/tile_timing.h>

namespace anda {

/// Level fast: how far the array, its ports and its accumulators have come with the output tiles so far, and what the
/// array waited for. Instants are cycles of the GeMM.
///
/// A tile whose bank of accumulators is not empty when its first operands have come through the pipeline makes the
/// pipeline stand still until it is. Operands that entered before then are behind them in the pipeline already.
struct ArrayPace {
  std::uint64_t fill = 0;         ///< cycles from the entry of operands to the accumulators
  std::uint64_t done = 0;         ///< the array has taken in the last operand
  std::uint64_t last_group = 0;   ///< the last group of the tile before started
  std::uint64_t drains = 0;       ///< the results of the tile before start to leave the accumulators
  std::uint64_t drained[2] = {};  ///< from which each bank of accumulators is free, the older tile's first
  Standstills stands;             ///< of the pipeline
  bool sink_slower[2] = {};       ///< and whether what comes behind the vector unit held its results up
  std::uint64_t waited = 0;       ///< cycles for operands to be in the buffers, in this step
  std::uint64_t port[2] = {};     ///< for the port of activations, of weights
  std::uint64_t out[2] = {};      ///< for a bank that the vector unit, the compressor held up

  /// The partial sums that the next tile starts from are in the buffer from this cycle on. Its bank is not free before.
  /// Returns whether that is later than without them.
  bool sums_stored_at(std::uint64_t cycle) {
    if (cycle <= drained[0]) return false;
    drained[0] = cycle;
    sink_slower[0] = false;
    return true;
  }

  /// Starts a tile, or a part of one: when the array is done with what came before, the ports have brought the first
  /// operands and the pipeline moves. From the cycle in which these come to the accumulators until the tile's bank is
  /// free, it stands still. `arrived`: cycle at which its panels were in the buffers;
  /// `activations_ready`, `weights_ready`: from when on the ports have brought the first words. Returns the cycle.
  std::uint64_t start(std::uint64_t arrived, std::uint64_t activations_ready, std::uint64_t weights_ready) {
    const std::uint64_t here = std::max(done, arrived);
    const std::uint64_t ready = std::max({here, weights_ready, activations_ready});
    // Mostly there is nothing to wait for.
    if (ready == done && drained[0] <= done + fill && stands.empty()) return done;
    std::uint64_t started = stands.moves(ready);
    const std::uint64_t through = stands.advance(started, fill);
    stands.add(through, drained[0]);
    if (fill == 0) started = std::max(started, drained[0]);
    waited += here - done;
    port[weights_ready >= activations_ready] += ready - here;
    out[sink_slower[0]] += started - ready;
    return started;
  }

  /// Takes in the operands of what started then: `inner` cycles from its first group to its last, `busy` of all of its
  /// cycles are the array's own. What is beyond them, the slower port needs.
  void take_in(const TileTiming& tile, std::uint64_t started, std::uint64_t inner, std::uint64_t busy) {
    last_group = started + inner;
    done = last_group + tile.last_cycles;
    const std::uint64_t stood = stands.empty() ? 0 : take_in_between(tile, started);
    out[sink_slower[0]] += stood;
    port[tile.weights_slower] += done - started - stood - busy;
  }

  /// The sums of the tile that is done come through the pipeline. Its bank empties then, after the one before it, while
  /// the array goes on with the other bank: the cycle from which on.
  std::uint64_t drain() {
    drained[0] = drained[1];
    sink_slower[0] = sink_slower[1];
    drains = std::max(stands.advance(done - 1, fill) + 1, drained[0]);
    stands.forget(done);
    return drains;
  }
  /// It is empty then.
  void drained_at(std::uint64_t cycle, bool slower) {
    drained[1] = cycle;
    sink_slower[1] = slower;
  }

  /// Whether another pace is this one, a period later, and waited for nothing in between that this one did not.
  bool recurs(const ArrayPace& later) const {
    const std::uint64_t period = later.done - done;
    return later.last_group - last_group == period && later.drains - drains == period &&
           later.drained[0] - drained[0] == period && later.drained[1] - drained[1] == period &&
           later.sink_slower[0] == sink_slower[0] && later.sink_slower[1] == sink_slower[1] &&
           stands.recur(later.stands, period);
  }

  /// Goes on by `times` such periods, the last of which began at `before`.
  void repeat(const ArrayPace& before, std::uint64_t times) {
    const auto advance = [times](std::uint64_t& value, std::uint64_t from) { value += times * (value - from); };
    for (const int i : {0, 1}) {
      advance(port[i], before.port[i]);
      advance(out[i], before.out[i]);
      advance(drained[i], before.drained[i]);
    }
    advance(waited, before.waited);
    advance(last_group, before.last_group);
    advance(drains, before.drains);
    stands.shift(times * (done - before.done));
    advance(done, before.done);
  }

 private:
  std::uint64_t take_in_between(const TileTiming& tile, std::uint64_t started);
};

}  // namespace anda

#endif
