// SPDX-License-Identifier: Apache-2.0
#include <anda/compressor/lane_queue.h>

#include <algorithm>

#include <anda/base/math.h>

namespace anda {

void LaneQueue::begin(std::uint32_t lanes, std::uint64_t planes, std::uint64_t intake) {
  planes_ = planes;
  intake_ = intake;
  end_ = 0;
  one_by_one_ = false;
  free_.resize(lanes);
  next_ = 0;
}

std::uint64_t LaneQueue::complete(const Block& block, std::uint64_t groups) const {
  return block.from + ceil_div(groups * block.values, block.groups * intake_);
}

std::uint64_t LaneQueue::add(const Block& block) {
  if (complete(block, 1) >= end_) {
    last_ = block;
    one_by_one_ = false;
    end_ = end_alone(block);
    return end_;
  }
  if (!one_by_one_) {
    std::fill(free_.begin(), free_.end(), 0);
    convert(last_);
    one_by_one_ = true;
  }
  convert(block);
  return end_;
}

/// Of a block that finds all lanes free: the last group waits for the groups that its lane converts before it, of which
/// the first starts when it is complete.
std::uint64_t LaneQueue::end_alone(const Block& block) const {
  const std::uint64_t lanes = free_.size();
  const std::uint64_t behind = (block.groups - 1) / lanes;
  const std::uint64_t first = complete(block, (block.groups - 1) % lanes + 1);
  return std::max(complete(block, block.groups), first + behind * planes_) + planes_;
}

void LaneQueue::convert(const Block& block) {
  for (std::uint64_t group = 1; group <= block.groups; ++group) {
    end_ = std::max(complete(block, group), free_[next_]) + planes_;
    free_[next_] = end_;
    next_ = next_ + 1 == free_.size() ? 0 : next_ + 1;
  }
}

}  // namespace anda
