// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BASE_STANDSTILLS_H
#define ANDA_BASE_STANDSTILLS_H

#include <algorithm>
#include <cstdint>
#include <vector>

namespace anda {

/// Level fast: the stretches of cycles in which a pipeline stands still. They are known in advance as far as the
/// pipeline's contents determine them.
class Standstills {
 public:
  bool empty() const { return stretches_.empty(); }
  void clear() { stretches_.clear(); }
  /// The cycle from which no standstill is known.
  std::uint64_t end() const { return stretches_.empty() ? 0 : stretches_.back().until; }

  /// Adds a stretch [from, until) after all known ones.
  void add(std::uint64_t from, std::uint64_t until) {
    if (from < until) stretches_.push_back({from, until});
  }

  /// The first cycle, at or after `cycle`, in which the pipeline moves.
  std::uint64_t moves(std::uint64_t cycle) const {
    for (const Stretch& stretch : stretches_) {
      if (stretch.from > cycle) break;
      cycle = std::max(cycle, stretch.until);
    }
    return cycle;
  }

  /// The cycle of the pipeline's clocks-th move after `cycle`, in which it moves too.
  std::uint64_t advance(std::uint64_t cycle, std::uint64_t clocks) const {
    std::uint64_t then = cycle + clocks;
    for (const Stretch& stretch : stretches_) {
      if (stretch.from <= cycle) continue;
      if (stretch.from > then) break;
      then += stretch.until - stretch.from;
    }
    return then;
  }

  /// Discards stretches before a cycle that no later query precedes.
  void forget(std::uint64_t before) {
    while (!stretches_.empty() && stretches_.front().until <= before) stretches_.erase(stretches_.begin());
  }

  void shift(std::uint64_t cycles) {
    for (Stretch& stretch : stretches_) stretch = {stretch.from + cycles, stretch.until + cycles};
  }

  /// Whether the stretches of `later` are these, shifted by `cycles`.
  bool recur(const Standstills& later, std::uint64_t cycles) const {
    return std::equal(stretches_.begin(), stretches_.end(), later.stretches_.begin(), later.stretches_.end(),
                      [cycles](const Stretch& one, const Stretch& other) {
                        return other.from - one.from == cycles && other.until - one.until == cycles;
                      });
  }

 private:
  struct Stretch {
    std::uint64_t from = 0;
    std::uint64_t until = 0;
  };

  std::vector<Stretch> stretches_;  // in time order
};

}  // namespace anda

#endif
