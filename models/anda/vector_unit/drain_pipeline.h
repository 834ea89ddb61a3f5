// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_VECTOR_UNIT_DRAIN_PIPELINE_H
#define ANDA_VECTOR_UNIT_DRAIN_PIPELINE_H

#include <algorithm>
#include <cstdint>
#include <deque>

#include <anda/buffer/result_port.h>
#include <anda/mxu/accumulator_port.h>
#include <anda/vector_unit/vector_unit_config.h>

namespace anda {

/// Level cycle: the path of results from the accumulators through the vector unit. It takes up to one result per lane
/// and clock, all from one tile, and stalls completely while the results at its end are not taken.
class DrainPipeline {
 public:
  void begin() {
    entries_.clear();
    tiles_.clear();
    next_ = 0;
    clock_ = 0;
    held_up_ = false;
    busy_ = false;
  }

  /// One clock. Returns how many results entered; adds to `left` the tiles whose last result has left.
  std::uint64_t tick(const VectorUnitConfig& unit, AccumulatorPort& accumulators, ResultSink& sink, std::uint64_t cycle,
                     std::uint64_t& left) {
    const std::uint64_t came = !held_up_ && accumulators.holds_results() ? take_in(unit, accumulators, cycle) : 0;
    busy_ = came > 0;
    held_up_ = false;
    if (!entries_.empty() && entries_.front().entered + unit.latency_cycles <= clock_) {
      if (put_out(sink)) ++left;
    }
    if (!held_up_) ++clock_;
    return came;
  }

  bool empty() const { return entries_.empty(); }
  /// Whether the next stage did not take the results at the end in the last clock.
  const bool& held_up() const { return held_up_; }
  const bool& busy() const { return busy_; }

 private:
  struct Entry {
    std::uint64_t first = 0;
    std::uint64_t count = 0;
    std::uint64_t entered = 0;  ///< pipeline clock, which stops while the pipeline is held up
  };

  std::uint64_t take_in(const VectorUnitConfig& unit, AccumulatorPort& accumulators, std::uint64_t cycle) {
    const std::uint64_t left = accumulators.left();
    const std::uint64_t count = std::min<std::uint64_t>(left, unit.fpus);
    if (next_ == 0) tiles_.push_back(accumulators.tile());
    entries_.push_back({next_, count, clock_});
    next_ = left == count ? 0 : next_ + count;
    accumulators.take(count, cycle);
    return count;
  }

  /// Offers the oldest results; returns whether the last of their tile were taken.
  bool put_out(ResultSink& sink) {
    Entry& entry = entries_.front();
    const ArrayTile& tile = tiles_.front();
    const std::uint64_t taken = sink.accept(tile, entry.first, entry.count);
    entry.first += taken;
    entry.count -= taken;
    held_up_ = entry.count > 0;
    const bool last = entry.first == tile.values();
    if (!held_up_) entries_.pop_front();
    if (last) tiles_.pop_front();
    return last;
  }

  std::deque<Entry> entries_;
  std::deque<ArrayTile> tiles_;  // tiles of the entries
  std::uint64_t next_ = 0;       // next result of the tile to leave the accumulators
  std::uint64_t clock_ = 0;
  bool held_up_ = false;
  bool busy_ = false;
};

}  // namespace anda

#endif
