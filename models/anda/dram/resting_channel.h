// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_RESTING_CHANNEL_H
#define ANDA_DRAM_RESTING_CHANNEL_H

#include <memory>
#include <optional>

#include <anda/dram/channel.h>
#include <anda/dram/known_transfers.h>

namespace anda::dram {

/// A channel that sleeps while its behaviour is known. The state its controller would be in is then described by a
/// rest, the segments received since and their entry in KnownTransfers. For anything else it wakes up in that state.
class RestingChannel {
 public:
  /// All references must outlive it. `statistics` are those of the channel.
  RestingChannel(Channel& channel, ChannelIndex index, Statistics& statistics, KnownTransfers& known)
      : channel_(&channel), index_(index), statistics_(&statistics), known_transfers_(&known) {}

  bool asleep() const { return asleep_; }

  /// Falls asleep if the channel, which has been run up to the arrival of `next`, is at rest then.
  bool fall_asleep(const Segment& next);

  /// Serves a segment as DetailedMemory::serve() does and returns the cycle of its completion; nullopt if it woke up
  /// instead.
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
  std::shared_ptr<const Known> known_;  // outcome of the visit's last segment
};

}  // namespace anda::dram

#endif
