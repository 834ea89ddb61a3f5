// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_SEGMENT_LINE_H
#define ANDA_DRAM_SEGMENT_LINE_H

#include <cstdint>
#include <vector>

#include <anda/dram/command.h>

namespace anda::dram {

/// A range of a channel's own bursts that arrive together and are complete together.
struct Segment {
  std::uint64_t first = 0;  ///< the channel's own number, see AddressMap
  std::uint64_t count = 0;
  Cycle arrival = 0;
  bool write = false;
  std::uint64_t token = 0;  ///< the owner's
};

/// A segment all of whose reads have their data, or all of whose writes are in the queue.
struct Finished {
  std::uint64_t token;
  Cycle cycle;
};

/// Where the progress of a segment is kept from its first burst on.
enum class SegmentSlot : std::uint32_t {};

/// Segments that wait in line for places in a channel's queues, and how far those are that have left it in part.
class SegmentLine {
 public:
  /// Puts a segment behind those before it. It counts as arriving no earlier than they do.
  void push(const Segment& segment);

  bool empty() const { return begin_ == line_.size(); }
  /// Arrival of the first in line.
  Cycle arrival() const { return empty() ? never : line_[begin_].arrival; }
  const Segment& front() const { return line_[begin_]; }
  /// Progress of the first in line, from now on kept.
  SegmentSlot front_slot();
  /// The first burst of the first in line is in a queue or served.
  void pop_burst();

  /// A burst is served.
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

  std::vector<Segment> line_;  // from begin_
  std::size_t begin_ = 0;
  bool front_started_ = false;
  SegmentSlot front_slot_{};
  std::vector<Progress> progress_;
  std::vector<SegmentSlot> free_;
  std::vector<Finished> finished_;
};

}  // namespace anda::dram

#endif
