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

/// A transfer from or to memory, of any length.
struct MemoryRequest {
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;
  bool write = false;
  Cycle arrival = 0;
  std::uint64_t token = 0;  ///< the owner's, for the completion
};

/// A read is complete when its last data is there, a write when its last burst is in a queue.
struct Completion {
  std::uint64_t token;
  Cycle cycle;
};

/// All channels of a memory, without a simulation kernel: plain C++ that counts cycles of the command clock.
///
///   DetailedMemory memory(config);
///   memory.push({0, 1 << 20, false, 0, 1});
///   memory.drain();
///   memory.completions();  // {1, cycle of the last data}
class DetailedMemory {
 public:
  /// Throws Error (input) if the configuration breaks a rule.
  explicit DetailedMemory(const DramConfig& config);

  DetailedMemory(const DetailedMemory&) = delete;
  DetailedMemory& operator=(const DetailedMemory&) = delete;

  const DramConfig& config() const { return config_; }
  const AddressMap& map() const { return rules_->map; }

  /// Bulk interface: requests in the order of their arrivals, as many as wanted, and then the running.
  void push(const MemoryRequest& request);
  /// Issues every command before a cycle.
  void run_until(Cycle limit);
  /// Runs until all requests are served.
  void drain();
  bool idle() const;

  /// What was completed since the last clear, in no particular order.
  const std::vector<Completion>& completions() const { return completions_; }
  void clear_completions() { completions_.clear(); }

  /// Serves one request whose completion must be known before the next is: what is pushed later joins it as if it had
  /// been known from the start, as far as its arrival allows. Returns the cycle of its completion.
  Cycle serve(const MemoryRequest& request);

  /// Of all channels, up to date at any time and always in the same place.
  const Statistics& statistics() const { return statistics_; }
  /// Cycles for which a channel's data bus has been busy.
  Cycle data_cycles(ChannelIndex channel) const { return channels_[raw(channel)]->data_cycles(); }

  /// How often fast-forward had to simulate what a channel does with a request.
  std::uint64_t simulated_transfers() const { return known_ ? known_->simulated() : 0; }

  /// Shows every command to an observer, channel after channel: to be called before the first request.
  void observe(CommandObserver observer);

 private:
  struct Pending {
    std::uint64_t token = 0;
    std::uint32_t channels = 0;  // that are not done
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
  std::unique_ptr<Channel> scratch_;  // for looking ahead
  std::unique_ptr<KnownTransfers> known_;
  bool asleep_ = false;                  // some channel may be
  std::vector<RestingChannel> resting_;  // of each channel; none without fast-forward
  std::vector<Pending> pending_;
  std::vector<std::uint32_t> free_pending_;
  std::vector<Completion> completions_;
  std::uint64_t served_ = 0;
};

}  // namespace anda::dram

#endif
