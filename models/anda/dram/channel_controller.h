// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_CHANNEL_CONTROLLER_H
#define ANDA_DRAM_CHANNEL_CONTROLLER_H

#include <array>
#include <cstdint>
#include <vector>

#include <anda/dram/bank_set.h>
#include <anda/dram/channel_rules.h>
#include <anda/dram/command.h>
#include <anda/dram/statistics.h>
#include <anda/dram/timing_table.h>

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

/// Controller and banks of one channel. It counts cycles of the command clock and goes from one command to the next,
/// whatever lies between; commands leave in the order of their cycles.
///
/// Segments wait in line for places in a read and a write queue. Each turn picks, of the requests in the queue that is
/// being served, the command that can leave first; of several the column command, then the oldest request.
///
/// The state is a value: a copy runs ahead without consequences for the original. Refresh is in channel_refresh.cpp.
class ChannelController {
 public:
  /// Adds to `counts` what it does; it must outlive the controller.
  ChannelController(const ChannelRules& rules, ChannelIndex index, CommandCounts& counts);

  /// Puts a segment behind those before it. It counts as arriving no earlier than they do.
  void push(const Segment& segment);

  /// Issues every command before a cycle.
  void run_until(Cycle limit) {
    while (step(limit)) {
    }
  }
  /// Runs until all that was pushed is in the queues; until then nothing that is pushed later has any influence.
  void run_until_taken_in() {
    while (line_begin_ < line_.size() && step(never)) {
    }
  }
  /// Runs until nothing is left to do but refresh.
  void drain() {
    while (!idle() && step(never)) {
    }
  }
  /// Runs until a segment finishes; returns that cycle. The segment must have been pushed and not have finished.
  Cycle run_until_finished(std::uint64_t token);

  bool idle() const { return line_begin_ == line_.size() && waiting_[0] + waiting_[1] == 0; }

  /// Segments finished since the last clear, in no particular order.
  const std::vector<Finished>& finished() const { return finished_; }
  void clear_finished() { finished_.clear(); }

  const Statistics& statistics() const { return statistics_; }

  /// `observer` must outlive the controller; none by default.
  void observe(const CommandObserver* observer) { observer_ = observer; }

  /// Takes over another's state but neither its observer nor the counts it adds to.
  void imitate(const ChannelController& other);

 private:
  using Entry = std::uint16_t;  // index of a waiting request
  static constexpr Entry none = 0xFFFF;
  enum class Access : std::uint8_t { hit, miss, conflict };

  struct Request {
    std::uint64_t row;
    std::uint64_t age;  // the smaller, the older
    Cycle arrival;
    Cycle entered;
    std::uint32_t group;  // index of its segment in groups_
    std::uint16_t column;
    std::uint8_t bank;
    Access access;
    bool write;
    Entry before;
    Entry after;
  };
  struct Group {
    std::uint64_t token;
    std::uint64_t left;
    Cycle done;
  };
  /// Requests of one bank and direction, oldest first.
  struct List {
    Entry first = none;
    Entry last = none;
    Entry hit = none;  // the oldest for the open row
  };
  using Waits = std::array<Cycle, waiter_count>;  // the first cycle at which each may leave
  struct Bank {
    Waits next{};
    std::uint64_t row = 0;
    Cycle used = 0;
    std::array<List, 2> lists;
    std::uint32_t bypasses = 0;
    bool open = false;
    bool worn = false;      // requests were bypassed often enough: no more hits
    bool conflict = false;  // its last row was closed for another one
  };
  struct Choice {
    Cycle at = never;
    std::uint64_t age = ~std::uint64_t{0};
    Entry entry = none;
    Command command{};
    std::uint32_t bank = 0;

    bool before(Cycle cycle, std::uint64_t other_age) const { return at < cycle || (at == cycle && age <= other_age); }
  };

  bool step(Cycle limit);
  void take_in();
  bool accept(const Segment& segment);
  void choose_direction();
  Choice choose_column() const;
  Choice choose_row() const;
  void choose_bank_to_refresh(Cycle now);
  Choice bank_refresh() const;
  void note_bank_refresh();
  bool refresh_all_banks(Cycle limit);
  void skip_idle_refreshes(Cycle limit);
  void issue(const Choice& choice);
  void issue_column(const Choice& choice);
  void open_row(std::uint32_t bank, const Request& request);
  void close_row(std::uint32_t bank);
  void emit(Command command, std::uint32_t bank, std::uint64_t row, std::uint32_t column, Cycle at);
  void apply(Command command, std::uint32_t bank, Cycle at);
  void finish_one(std::uint32_t group, Cycle cycle);
  Entry next_hit(Entry from, std::uint64_t row) const;
  void update_masks(std::uint32_t bank);

  Cycle on_column_bus(Cycle cycle) const;
  Cycle on_row_bus(Cycle cycle, bool activate) const;
  void take_row_bus(Cycle at, Cycle cycles);
  Cycle refresh_interval_of_a_bank() const;

  const ChannelRules* rules_;
  CommandCounts* counts_;
  ChannelIndex index_;
  const CommandObserver* observer_ = nullptr;
  std::uint32_t group_shift_ = 0;  // bank >> group_shift_: its group

  Cycle now_ = 0;
  std::vector<Bank> banks_;
  std::vector<Waits> groups_next_;
  Waits next_{};
  std::array<Cycle, 4> activates_{};  // tFAW: when the fifth one may follow each of the last four
  std::uint32_t oldest_activate_ = 0;
  Cycle column_bus_free_ = 0;
  Cycle row_bus_free_ = 0;

  std::vector<Request> requests_;
  std::vector<Entry> free_;
  std::array<std::uint32_t, 2> waiting_{};  // reads, writes
  std::array<BankSet, 2> with_waiting_{};
  std::array<BankSet, 2> with_hits_{};
  BankSet open_banks_ = 0;
  std::uint64_t next_age_ = 0;
  bool writing_ = false;

  std::vector<Segment> line_;  // from line_begin_
  std::size_t line_begin_ = 0;
  bool front_started_ = false;
  std::uint32_t front_group_ = 0;
  std::vector<Group> groups_;
  std::vector<std::uint32_t> free_groups_;
  std::vector<Finished> finished_;

  Cycle refresh_due_ = never;
  std::uint64_t refreshes_due_ = 0;  // of single banks, so far
  BankSet refreshed_ = 0;            // had their turn in this round
  static constexpr std::uint32_t no_bank = ~0u;
  std::uint32_t refresh_bank_ = no_bank;

  Statistics statistics_;
};

}  // namespace anda::dram

#endif
