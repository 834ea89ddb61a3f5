// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_ARRAY_PACE_H
#define ANDA_MXU_ARRAY_PACE_H

#include <algorithm>
#include <cstdint>

#include <anda/base/standstills.h>
#include <anda/mxu/tile_timing.h>

namespace anda {

/// Level fast: progress of the array, its ports and its accumulators through the output tiles, and what the array
/// waited for. Times are cycles of the GeMM.
///
/// When the first operands of a tile leave the pipeline and the tile's bank of accumulators is not empty, the pipeline
/// stands still until it is. Operands that entered before then are in the pipeline behind them.
struct ArrayPace {
  std::uint64_t fill = 0;         ///< cycles from the entry of operands to the accumulators
  std::uint64_t done = 0;         ///< cycle at which the array has taken in the last operand
  std::uint64_t last_group = 0;   ///< cycle at which the last group of the previous tile started
  std::uint64_t drains = 0;       ///< cycle at which the results of the previous tile start to leave the accumulators
  std::uint64_t drained[2] = {};  ///< cycle from which each bank of accumulators is free, the older tile's first
  Standstills stands;             ///< standstills of the pipeline
  bool sink_slower[2] = {};       ///< for each bank, whether the stage behind the vector unit held its results up
  std::uint64_t waited = 0;       ///< cycles of this step spent waiting for operands to be in the buffers
  std::uint64_t port[2] = {};     ///< cycles spent waiting for the port of activations, of weights
  std::uint64_t out[2] = {};      ///< cycles spent waiting for a bank held up by the vector unit, by the compressor

  /// Sets the cycle at which the initial partial sums of the next tile are in the buffer; its bank is not free before.
  /// Returns whether they delay the bank.
  bool sums_stored_at(std::uint64_t cycle) {
    if (cycle <= drained[0]) return false;
    drained[0] = cycle;
    sink_slower[0] = false;
    return true;
  }

  /// Starts a tile, or a part of one, once the array has finished earlier work, the ports have brought the first
  /// operands and the pipeline moves. The pipeline stands still from the cycle in which these operands reach the
  /// accumulators until the tile's bank is free. `arrived`: cycle at which the panels were in the buffers;
  /// `activations_ready`, `weights_ready`: cycles at which the ports have brought the first words. Returns the start
  /// cycle.
  std::uint64_t start(std::uint64_t arrived, std::uint64_t activations_ready, std::uint64_t weights_ready) {
    const std::uint64_t here = std::max(done, arrived);
    const std::uint64_t ready = std::max({here, weights_ready, activations_ready});
    // The common case: nothing to wait for.
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

  /// Takes in the operands of the tile, or part, that began at `started`: `inner` cycles from its first group to its
  /// last; the array itself needs `busy` of its cycles, the slower port causes the rest.
  void take_in(const TileTiming& tile, std::uint64_t started, std::uint64_t inner, std::uint64_t busy) {
    last_group = started + inner;
    done = last_group + tile.last_cycles;
    const std::uint64_t stood = stands.empty() ? 0 : take_in_between(tile, started);
    out[sink_slower[0]] += stood;
    port[tile.weights_slower] += done - started - stood - busy;
  }

  /// Lets the sums of the finished tile come through the pipeline. Returns the cycle from which its bank drains, after
  /// the previous bank, while the array continues with the other bank.
  std::uint64_t drain() {
    drained[0] = drained[1];
    sink_slower[0] = sink_slower[1];
    drains = std::max(stands.advance(done - 1, fill) + 1, drained[0]);
    stands.forget(done);
    return drains;
  }
  /// Sets the cycle at which that bank is empty.
  void drained_at(std::uint64_t cycle, bool slower) {
    drained[1] = cycle;
    sink_slower[1] = slower;
  }

  /// Whether `later` is this state one period later, with no waiting in between other than in this one.
  bool recurs(const ArrayPace& later) const {
    const std::uint64_t period = later.done - done;
    return later.last_group - last_group == period && later.drains - drains == period &&
           later.drained[0] - drained[0] == period && later.drained[1] - drained[1] == period &&
           later.sink_slower[0] == sink_slower[0] && later.sink_slower[1] == sink_slower[1] &&
           stands.recur(later.stands, period);
  }

  /// Advances by `times` more periods equal to the last, which began at `before`.
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
