// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_DETAILED_MEMORY_H
#define ANDA_DRAM_DETAILED_MEMORY_H

#include <cstdint>
#include <memory>
#include <vector>

#include <anda/dram/channel.h>
#include <anda/dram/known_transfers.h>
#include <anda/dram/resting_channel.h>

namespace anda::dram {

/// A read or write of any length.
struct MemoryRequest {
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;
  bool write = false;
  Cycle arrival = 0;
  std::uint64_t token = 0;  ///< chosen by the caller; identifies the completion
};

/// A read is complete when its last data arrives, a write when its last burst is in a queue.
struct Completion {
  std::uint64_t token;
  Cycle cycle;
};

/// All channels of a memory in plain C++, without a simulation kernel; it counts cycles of the command clock.
///
///   DetailedMemory memory(config);
///   memory.push({0, 1 << 20, false, 0, 1});
///   memory.drain();
///   memory.completions();  // {1, cycle of the last data}
class DetailedMemory {
 public:
  /// Throws Error (input) if the configuration violates a rule.
  explicit DetailedMemory(const DramConfig& config);

  DetailedMemory(const DetailedMemory&) = delete;
  DetailedMemory& operator=(const DetailedMemory&) = delete;

  const DramConfig& config() const { return config_; }
  const AddressMap& map() const { return rules_->map; }

  /// Bulk interface: push any number of requests in order of arrival, then run.
  void push(const MemoryRequest& request);
  /// Issues all commands before a cycle.
  void run_until(Cycle limit);
  /// Runs until all requests are served.
  void drain();
  bool idle() const;

  /// Requests completed since the last clear, in no particular order.
  const std::vector<Completion>& completions() const { return completions_; }
  void clear_completions() { completions_.clear(); }

  /// Serves one request whose completion must be known before the next request. Requests pushed later join it as if
  /// they had been known from the start, as far as their arrivals allow. Returns the cycle of completion.
  Cycle serve(const MemoryRequest& request);

  /// Statistics of all channels, always up to date; the reference stays valid.
  const Statistics& statistics() const { return statistics_; }
  /// Cycles in which a channel's data bus has been busy.
  Cycle data_cycles(ChannelIndex channel) const { return channels_[raw(channel)]->data_cycles(); }

  /// Number of times that fast-forward had to simulate a channel's work on a request.
  std::uint64_t simulated_transfers() const { return known_ ? known_->simulated() : 0; }

  /// Shows every command to an observer, channel by channel. Call it before the first request.
  void observe(CommandObserver observer);

 private:
  struct Pending {
    std::uint64_t token = 0;
    std::uint32_t channels = 0;  // number of channels not yet done
    Cycle done = 0;
  };

  template <class Fn>
  void for_each_share(const MemoryRequest& request, Fn&& fn);
  void collect(Channel& channel);
  Cycle serve(const Segment& segment, std::uint32_t index);
  void wake();

  DramConfig config_;
  std::unique_ptr<const ChannelRules> rules_;
  CommandObserver observer_;
  Statistics statistics_;
  Statistics scratch_statistics_;
  std::vector<std::unique_ptr<Channel>> channels_;
  std::unique_ptr<Channel> scratch_;  // for look-ahead
  std::unique_ptr<KnownTransfers> known_;
  bool asleep_ = false;                  // some channel may be asleep
  std::vector<RestingChannel> resting_;  // one per channel; empty without fast-forward
  std::vector<Pending> pending_;
  std::vector<std::uint32_t> free_pending_;
  std::vector<Completion> completions_;
  std::uint64_t served_ = 0;
};

}  // namespace anda::dram

#endif
