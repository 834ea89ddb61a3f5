// SPDX-License-Identifier: Apache-2.0
#include <anda/compressor/lane_queue.h>

#include <algorithm>

#include <anda/base/math.h>

namespace anda {

LaneQueue::Block::Block(const Rates& rates, std::uint64_t values_, std::uint64_t groups_)
    : values(values_), groups(groups_), first_cycles(complete(1, rates)) {
  // The last group waits for those that its lane converts before it, of which the first starts when it is complete.
  const std::uint64_t behind = (groups - 1) / rates.lanes;
  const std::uint64_t first = complete((groups - 1) % rates.lanes + 1, rates);
  alone_cycles = std::max(complete(groups, rates), first + behind * rates.planes) + rates.planes;
}

std::uint64_t LaneQueue::Block::complete(std::uint64_t of_groups, const Rates& rates) const {
  return ceil_div(of_groups * values, groups * rates.intake);
}

void LaneQueue::begin(const Rates& rates) {
  rates_ = rates;
  end_ = 0;
  alone_ = false;
  free_.assign(rates.lanes, 0);
  next_ = 0;
}

void LaneQueue::queue(std::uint64_t from, const Block& block) {
  if (alone_) {
    std::fill(free_.begin(), free_.end(), 0);
    convert(last_from_, last_);
    alone_ = false;
  }
  convert(from, block);
}

void LaneQueue::convert(std::uint64_t from, const Block& block) {
  for (std::uint64_t group = 1; group <= block.groups; ++group) {
    end_ = std::max(from + block.complete(group, rates_), free_[next_]) + rates_.planes;
    free_[next_] = end_;
    next_ = next_ + 1 == free_.size() ? 0 : next_ + 1;
  }
}

}  // namespace anda
