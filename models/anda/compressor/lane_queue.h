// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_COMPRESSOR_LANE_QUEUE_H
#define ANDA_COMPRESSOR_LANE_QUEUE_H

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace anda {

/// Level fast: when the compressor's lanes take groups. Lanes take complete groups in order, and each is busy with its
/// group for one cycle per plane.
class LaneQueue {
 public:
  /// `planes`: per group, including the sign plane.
  void begin(std::size_t lanes, std::uint64_t planes) {
    free_.assign(lanes, 0);
    next_ = 0;
    planes_ = planes;
    end_ = 0;
  }

  /// Takes a group that is complete before cycle `complete`; returns the cycle in which a lane takes it.
  std::uint64_t take(std::uint64_t complete) {
    const std::uint64_t taken = std::max(complete, free_[next_]);
    free_[next_] = end_ = taken + planes_;
    next_ = next_ + 1 == free_.size() ? 0 : next_ + 1;
    return taken;
  }

  /// The cycle from which all lanes are free: the last plane so far is out.
  std::uint64_t end() const { return end_; }

 private:
  std::vector<std::uint64_t> free_;  // cycle from which each lane is free
  std::size_t next_ = 0;             // lane of the next group; lanes take turns, since all groups take equally long
  std::uint64_t planes_ = 1;
  std::uint64_t end_ = 0;
};

}  // namespace anda

#endif
