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

/// A channel at rest: nothing waits, its banks are closed, and no timing rule holds anything up any more. What it does
/// from there on follows from this, from what comes, and from the phase of the command buses.
struct Rest {
  Cycle due = never;      ///< of the next refresh
  BankSet conflicts = 0;  ///< banks whose last row was closed for another one
  Direction served = Direction::read;
};

/// A channel in which nothing waits, whatever its banks and buses are at.
struct Pause {
  BankStates banks;
  CommandBuses buses;
  Cycle now;
  Rest rest;  ///< of the next refresh, and what was served last
};

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

  /// Whether it is at rest in a cycle up to which it has been run, and goes on from there as Rest says.
  virtual bool rests(Cycle cycle) const = 0;
  virtual Rest rest() const = 0;
  /// Whether nothing waits, not even a refresh, although rows may be open and timing rules hold commands up.
  virtual bool quiet() const = 0;
  /// The first cycle at which no timing rule holds anything up; not before its last command.
  Cycle settled() const { return std::max({state_.now, state_.banks.settled(), state_.buses.free_from()}); }
  BankSet open() const { return state_.banks.open(); }
  /// Goes on from a rest; it must be quiet. Nothing happens before the cycle.
  virtual void restart(const Rest& from, Cycle cycle) = 0;
  /// What it is at while nothing waits, and going on from there; it must be quiet both times.
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

  /// Cycles for which the data bus has been busy.
  Cycle data_cycles() const { return data_cycles_; }
  /// Counts cycles for which it would have been busy with what it did not simulate.
  void count_data(Cycle cycles) { data_cycles_ += cycles; }
  /// Counts in another structure from now on.
  void count_in(Statistics& statistics) { statistics_ = &statistics; }

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
