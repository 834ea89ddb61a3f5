// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_SEGMENT_LINE_H
#define ANDA_DRAM_SEGMENT_LINE_H

#include <cstdint>
#include <vector>

#include <anda/dram/command.h>

namespace anda::dram {

/// A range of a channel's bursts that arrive together and complete together.
struct Segment {
  std::uint64_t first = 0;  ///< local burst number, see AddressMap
  std::uint64_t count = 0;
  Cycle arrival = 0;
  bool write = false;
  std::uint64_t token = 0;  ///< chosen by the owner
};

/// A segment whose reads all have their data, or whose writes are all in the queue.
struct Finished {
  std::uint64_t token;
  Cycle cycle;
};

/// Index of a segment's progress, which is kept from its first burst on.
enum class SegmentSlot : std::uint32_t {};

/// Segments waiting for places in a channel's queues, and the progress of those that have partly entered them.
class SegmentLine {
 public:
  /// Appends a segment. Its effective arrival is never earlier than that of the segments before it.
  void push(const Segment& segment);

  bool empty() const { return begin_ == line_.size(); }
  /// Arrival of the first waiting segment; `never` if there is none.
  Cycle arrival() const { return empty() ? never : line_[begin_].arrival; }
  const Segment& front() const { return line_[begin_]; }
  /// Progress slot of the first waiting segment, allocated on first use.
  SegmentSlot front_slot();
  /// Removes the first burst of the first waiting segment: it is in a queue or served.
  void pop_burst();

  /// Marks a burst as served.
  void finish_burst(SegmentSlot slot, Cycle cycle);

  /// Segments finished since the last clear, in no particular order.
  const std::vector<Finished>& finished() const { return finished_; }
  void clear_finished() { finished_.clear(); }

 private:
  struct Progress {
    std::uint64_t token;
    std::uint64_t left;
    Cycle done;
  };

  std::vector<Segment> line_;  // waiting segments start at begin_
  std::size_t begin_ = 0;
  bool front_started_ = false;
  SegmentSlot front_slot_{};
  std::vector<Progress> progress_;
  std::vector<SegmentSlot> free_;
  std::vector<Finished> finished_;
};

}  // namespace anda::dram

#endif
