// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_VECTOR_UNIT_DRAIN_PIPELINE_H
#define ANDA_VECTOR_UNIT_DRAIN_PIPELINE_H

#include <algorithm>
#include <cstdint>
#include <deque>

#include <anda/mxu/accumulators.h>
#include <anda/vector_unit/vector_unit.h>

namespace anda {

/// Level cycle: the vector unit on the way of results out of the accumulators. Takes as many as it has lanes a clock,
/// of one tile, and holds everything up while the results at its end are not taken.
class DrainPipeline {
 public:
  explicit DrainPipeline(VectorUnit& unit) : unit_(unit) {}

  void begin() {
    entries_.clear();
    next_ = 0;
    clock_ = 0;
    held_up_ = false;
    busy_ = false;
  }

  /// One clock. `deliver(tile, first, count)` takes results of a tile and returns how many it took.
  template <class Deliver>
  void tick(Accumulators& accumulators, std::uint64_t cycle, Deliver deliver) {
    const bool takes = !held_up_ && accumulators.holds_results();
    busy_ = takes;
    if (takes) {
      const std::uint64_t count = std::min<std::uint64_t>(accumulators.left(), unit_.config().fpus);
      entries_.push_back({accumulators.tile(), next_, count, clock_});
      next_ = accumulators.left() == count ? 0 : next_ + count;
      accumulators.take(count, cycle);
      unit_.count(count);
    }
    held_up_ = false;
    if (!entries_.empty() && entries_.front().entered + unit_.config().latency_cycles <= clock_) {
      Entry& entry = entries_.front();
      const std::uint64_t taken = deliver(entry.tile, entry.first, entry.count);
      entry.first += taken;
      entry.count -= taken;
      held_up_ = entry.count > 0;
      if (!held_up_) entries_.pop_front();
    }
    if (!held_up_) ++clock_;
  }

  bool empty() const { return entries_.empty(); }
  /// Whether what comes after it did not take the results at its end in the last clock.
  const bool& held_up() const { return held_up_; }
  const bool& busy() const { return busy_; }

 private:
  struct Entry {
    std::uint64_t tile = 0;
    std::uint64_t first = 0;
    std::uint64_t count = 0;
    std::uint64_t entered = 0;  ///< clock of the pipeline, which stands still while it is held up
  };

  VectorUnit& unit_;
  std::deque<Entry> entries_;
  std::uint64_t next_ = 0;  ///< result of the tile that leaves the accumulators next
  std::uint64_t clock_ = 0;
  bool held_up_ = false;
  bool busy_ = false;
};

}  // namespace anda

#endif
