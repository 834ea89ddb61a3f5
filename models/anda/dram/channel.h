// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_CHANNEL_H
#define ANDA_DRAM_CHANNEL_H

#include <cstdint>
#include <memory>
#include <vector>

#include <anda/dram/channel_rules.h>
#include <anda/dram/channel_state.h>
#include <anda/dram/command.h>
#include <anda/dram/segment_line.h>
#include <anda/dram/statistics.h>

namespace anda::dram {

/// One channel, whatever the policies of its controller. It counts cycles of the command clock and goes from one
/// command to the next, whatever lies between; commands leave in the order of their cycles.
class Channel {
 public:
  virtual ~Channel() = default;

  /// Puts a segment behind those before it. It counts as arriving no earlier than they do.
  void push(const Segment& segment) { line_.push(segment); }

  /// Issues every command before a cycle.
  virtual void run_until(Cycle limit) = 0;
  /// Runs until all that was pushed is in the queues; until then nothing that is pushed later has any influence.
  virtual void run_until_taken_in() = 0;
  /// Runs until nothing is left to do but refresh.
  virtual void drain() = 0;
  /// Runs until a segment finishes; returns that cycle. The segment must have been pushed and not have finished.
  virtual Cycle run_until_finished(std::uint64_t token) = 0;

  bool idle() const { return line_.empty() && state_.queues.empty(); }

  /// Segments finished since the last clear, in no particular order.
  const std::vector<Finished>& finished() const { return line_.finished(); }
  void clear_finished() { line_.clear_finished(); }

  /// Cycles for which the data bus has been busy.
  Cycle data_cycles() const { return data_cycles_; }

  /// `observer` must outlive the channel; none by default.
  void observe(const CommandObserver* observer) { observer_ = observer; }

  /// Takes over the state of another channel with the same policies, but neither its observer nor the statistics that
  /// it adds to: what was read of it can be looked ahead in without consequences for it.
  virtual void imitate(const Channel& other) = 0;

 protected:
  Channel(const ChannelRules& rules, ChannelIndex index, Statistics& statistics)
      : rules_(&rules), statistics_(&statistics), index_(index), state_(rules, index) {}
  Channel(const Channel&) = default;
  Channel& operator=(const Channel&) = default;

  const ChannelRules* rules_;
  Statistics* statistics_;
  const CommandObserver* observer_ = nullptr;
  ChannelIndex index_;
  ChannelState state_;
  SegmentLine line_;
  Cycle data_cycles_ = 0;
};

/// A channel with the policies of its rules, which adds to `statistics` what it does; both must outlive it.
std::unique_ptr<Channel> make_channel(const ChannelRules& rules, ChannelIndex index, Statistics& statistics);

}  // namespace anda::dram

#endif
