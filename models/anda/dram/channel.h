// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_CHANNEL_H
#define ANDA_DRAM_CHANNEL_H

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include <anda/dram/channel_rules.h>
#include <anda/dram/channel_state.h>
#include <anda/dram/command.h>
#include <anda/dram/segment_line.h>
#include <anda/dram/statistics.h>

namespace anda::dram {

/// A channel at rest: no request waits, all banks are closed, and no timing rule delays anything. Its further behaviour
/// depends only on this state, the requests to come and the phase of the command buses.
struct Rest {
  Cycle due = never;      ///< cycle of the next refresh
  BankSet conflicts = 0;  ///< banks whose last row was closed to open another one
  Direction served = Direction::read;
};

/// A channel without waiting requests, in any state of its banks and buses.
struct Pause {
  BankStates banks;
  CommandBuses buses;
  Cycle now;
  Rest rest;  ///< the next refresh, and the direction served last
};

/// One channel, independent of its controller's policies. It counts cycles of the command clock and advances directly
/// from one command to the next; commands are issued in cycle order.
class Channel {
 public:
  virtual ~Channel() = default;

  /// Appends a segment. Its effective arrival is never earlier than that of the segments before it.
  void push(const Segment& segment) { line_.push(segment); }

  /// Issues all commands before a cycle.
  virtual void run_until(Cycle limit) = 0;
  /// Runs until all pushed segments are in the queues; before then, later segments have no influence.
  virtual void run_until_taken_in() = 0;
  /// Runs until only refreshes are left to do.
  virtual void drain() = 0;
  /// Runs until a segment finishes and returns that cycle. The segment must have been pushed and not yet have finished.
  virtual Cycle run_until_finished(std::uint64_t token) = 0;

  /// Whether the channel, run up to `cycle`, is at rest there, so that rest() describes all that follows.
  virtual bool rests(Cycle cycle) const = 0;
  virtual Rest rest() const = 0;
  /// Whether neither a request nor a refresh waits; rows may be open, and timing rules may delay commands.
  virtual bool quiet() const = 0;
  /// The first cycle at which no timing rule delays anything; not before the last command.
  Cycle settled() const { return std::max({state_.now, state_.banks.settled(), state_.buses.free_from()}); }
  BankSet open() const { return state_.banks.open(); }
  /// Continues from a rest at `cycle`; nothing happens before it. The channel must be quiet.
  virtual void restart(const Rest& from, Cycle cycle) = 0;
  /// Saves and restores the state between requests; the channel must be quiet both times.
  Pause pause() const { return {state_.banks, state_.buses, state_.now, rest()}; }
  void resume(const Pause& from) {
    restart(from.rest, from.now);
    state_.banks = from.banks;
    state_.buses = from.buses;
  }

  bool idle() const { return line_.empty() && state_.queues.empty(); }

  /// Segments finished since the last clear, in no particular order.
  const std::vector<Finished>& finished() const { return line_.finished(); }
  void clear_finished() { line_.clear_finished(); }

  /// Cycles in which the data bus has been busy.
  Cycle data_cycles() const { return data_cycles_; }
  /// Adds data-bus cycles of work that was not simulated.
  void count_data(Cycle cycles) { data_cycles_ += cycles; }
  /// Counts into another structure from now on.
  void count_in(Statistics& statistics) { statistics_ = &statistics; }

  /// `observer` must outlive the channel; by default there is none.
  void observe(const CommandObserver* observer) { observer_ = observer; }

  /// Copies the state of another channel with the same policies, but keeps its own observer and statistics. A copy can
  /// look ahead without affecting the original.
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

/// Creates a channel with the policies of `rules` that counts its work in `statistics`; both must outlive it.
std::unique_ptr<Channel> make_channel(const ChannelRules& rules, ChannelIndex index, Statistics& statistics);

}  // namespace anda::dram

#endif
