// SPDX-License-Identifier: Apache-2.0
#include <anda/dram/segment_line.h>

#include <algorithm>

namespace anda::dram {

void SegmentLine::push(const Segment& segment) {
  if (empty()) {
    line_.clear();
    begin_ = 0;
  }
  line_.push_back(segment);
  if (line_.size() - begin_ > 1) {
    line_.back().arrival = std::max(line_.back().arrival, line_[line_.size() - 2].arrival);
  }
}

SegmentSlot SegmentLine::front_slot() {
  if (front_started_) return front_slot_;
  if (free_.empty()) {
    free_.push_back(SegmentSlot{static_cast<std::uint32_t>(progress_.size())});
    progress_.emplace_back();
  }
  front_slot_ = free_.back();
  free_.pop_back();
  progress_[raw(front_slot_)] = {front().token, front().count, 0};
  front_started_ = true;
  return front_slot_;
}

void SegmentLine::pop_burst() {
  Segment& segment = line_[begin_];
  ++segment.first;
  if (--segment.count > 0) return;
  front_started_ = false;
  ++begin_;
  if (begin_ > 4096 && begin_ * 2 > line_.size()) {
    line_.erase(line_.begin(), line_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
}

void SegmentLine::finish_burst(SegmentSlot slot, Cycle cycle) {
  Progress& of = progress_[raw(slot)];
  of.done = std::max(of.done, cycle);
  if (--of.left > 0) return;
  finished_.push_back({of.token, of.done});
  free_.push_back(slot);
}

}  // namespace anda::dram
