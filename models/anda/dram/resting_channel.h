// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_RESTING_CHANNEL_H
#define ANDA_DRAM_RESTING_CHANNEL_H

#include <memory>
#include <optional>

#include <anda/dram/channel.h>
#include <anda/dram/known_transfers.h>

namespace anda::dram {

/// A channel that is asleep while what it does is known: the state that its controller would be in is then a rest, the
/// segments that have come since, and what KnownTransfers has of them. It wakes up, in that state, for all else.
class RestingChannel {
 public:
  /// All must outlive it. `statistics`: of the channel.
  RestingChannel(Channel& channel, ChannelIndex index, Statistics& statistics, KnownTransfers& known)
      : channel_(&channel), index_(index), statistics_(&statistics), known_transfers_(&known) {}

  bool asleep() const { return asleep_; }

  /// Falls asleep if the channel, which has been run until a segment arrives, is at rest then.
  bool fall_asleep(const Segment& next);

  /// Serves a segment as DetailedMemory::serve() does: the cycle of its completion. Nothing if it woke up instead.
  std::optional<Cycle> serve(const Segment& segment);

  void wake();

 private:
  bool come_to_rest(Cycle arrival);
  void count(const StatisticsChange& change);

  Channel* channel_;
  ChannelIndex index_;
  Statistics* statistics_;
  KnownTransfers* known_transfers_;
  bool asleep_ = false;
  Visit visit_;
  std::shared_ptr<const Known> known_;  // of the visit's last segment
};

}  // namespace anda::dram

#endif
