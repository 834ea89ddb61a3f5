// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_CHANNEL_CONTROLLER_H
#define ANDA_DRAM_CHANNEL_CONTROLLER_H

#include <algorithm>
#include <cstdint>

#include <anda/dram/channel.h>

namespace anda::dram {

/// A channel with policies fixed at compile time; scheduler/, page/ and refresh/ define their contracts.
///
/// Segments wait in line for places in a read and a write queue. Each step issues the command that the scheduler
/// prefers among the requests of the queue being served; the refresh policy may insert a refresh before it.
template <class Scheduler, class Page, class Refresh>
class ChannelController final : public Channel {
 public:
  ChannelController(const ChannelRules& rules, ChannelIndex index, Statistics& statistics)
      : Channel(rules, index, statistics), refresh_(rules, index) {}

  void run_until(Cycle limit) override {
    while (step(limit)) {
    }
  }
  void run_until_taken_in() override {
    for (take_in(); !line_.empty() && step(never); take_in()) {
    }
  }
  void drain() override {
    while (!idle() && step(never)) {
    }
  }
  Cycle run_until_finished(std::uint64_t token) override;
  void imitate(const Channel& other) override;
  bool rests(Cycle cycle) const override {
    return Refresh::regular && quiet() && state_.banks.open() == 0 && settled() <= cycle && refresh_.due() >= cycle;
  }
  Rest rest() const override { return {refresh_.due(), state_.banks.conflicts(), served_}; }
  bool quiet() const override { return idle() && !refresh_.pending(state_); }
  void restart(const Rest& from, Cycle cycle) override;

 private:
  bool step(Cycle limit);
  void take_in();
  void accept(const Segment& segment, Direction direction);
  void choose_direction();
  Choice choose() const;
  Choice choose_column(BankSet candidates) const;
  Choice choose_row(BankSet candidates) const;
  void skip_idle_refreshes(Cycle limit);
  void issue(Choice choice);
  void issue_row(const Choice& choice);
  void issue_column(Choice choice);
  void close_row(BankIndex bank);
  void send(Command command, BankIndex bank, RowIndex row, ColumnIndex column, Cycle at);
  void count_access(RowAccess access);

  Refresh refresh_;
  std::uint64_t next_age_ = 0;
  Direction direction_ = Direction::read;  // direction whose commands are being scheduled
  Direction served_ = Direction::read;     // direction of the last command for a request
};

template <class Scheduler, class Page, class Refresh>
void ChannelController<Scheduler, Page, Refresh>::imitate(const Channel& other) {
  const CommandObserver* const observer = observer_;
  Statistics* const statistics = statistics_;
  *this = static_cast<const ChannelController&>(other);
  observer_ = observer;
  statistics_ = statistics;
}

template <class Scheduler, class Page, class Refresh>
void ChannelController<Scheduler, Page, Refresh>::restart(const Rest& from, Cycle cycle) {
  state_.banks.restart(from.conflicts);
  state_.buses.restart();
  state_.now = cycle;
  refresh_.restart(from.due);
  served_ = from.served;
}

template <class Scheduler, class Page, class Refresh>
Cycle ChannelController<Scheduler, Page, Refresh>::run_until_finished(std::uint64_t token) {
  for (;;) {
    for (const Finished& one : finished()) {
      if (one.token == token) return one.cycle;
    }
    clear_finished();
    if (idle()) return state_.now;
    while (finished().empty() && !idle()) step(never);
  }
}

// --- requests ---

template <class Scheduler, class Page, class Refresh>
void ChannelController<Scheduler, Page, Refresh>::take_in() {
  while (line_.arrival() <= state_.now && !line_.empty()) {
    const Segment& segment = line_.front();
    const Direction direction = segment.write ? Direction::write : Direction::read;
    if (state_.queues.full(direction)) return;
    accept(segment, direction);
    line_.pop_burst();
  }
}

template <class Scheduler, class Page, class Refresh>
void ChannelController<Scheduler, Page, Refresh>::accept(const Segment& segment, Direction direction) {
  const Place place = rules_->map.place(segment.first);
  const SegmentSlot slot = line_.front_slot();
  if (direction == Direction::read && state_.queues.holds_write(place)) {
    ++statistics_->reads;
    ++statistics_->forwarded;
    statistics_->read_latency.add(state_.now - segment.arrival);
    line_.finish_burst(slot, state_.now);
    return;
  }
  const Request request{next_age_++, place.row,      segment.arrival, state_.now, slot,    place.column,
                        place.bank,  RowAccess::hit, direction,       no_entry,   no_entry};
  if (state_.queues.add(request, state_.banks)) state_.queues.template offer<Scheduler>(place.bank, true);
  statistics_->longest_queue = std::max<std::uint64_t>(statistics_->longest_queue, state_.queues.waiting());
  if (direction == Direction::write) line_.finish_burst(slot, state_.now);
}

/// Serves writes from write_drain_start down to write_drain_stop, or while no read waits. The hysteresis follows the
/// direction last served, not the one last considered; only then does a channel that receives its requests one by one
/// decide the same.
template <class Scheduler, class Page, class Refresh>
void ChannelController<Scheduler, Page, Refresh>::choose_direction() {
  const std::uint32_t reads = state_.queues.waiting(Direction::read);
  const std::uint32_t writes = state_.queues.waiting(Direction::write);
  const std::uint32_t enough =
      served_ == Direction::write ? rules_->policy.write_drain_stop + 1 : rules_->policy.write_drain_start;
  direction_ = writes > 0 && (writes >= enough || reads == 0) ? Direction::write : Direction::read;
}

// --- the next command ---

template <class Scheduler, class Page, class Refresh>
Choice ChannelController<Scheduler, Page, Refresh>::choose() const {
  const BankSet free = ~refresh_.held();
  const BankSet offered = state_.queues.offered(direction_);
  const Choice column = choose_column(offered & free);
  const Choice row = choose_row(state_.queues.wanted(direction_) & ~offered & free);
  return row.at < column.at ? row : column;
}

template <class Scheduler, class Page, class Refresh>
Choice ChannelController<Scheduler, Page, Refresh>::choose_column(BankSet candidates) const {
  Choice best;
  const Command command = direction_ == Direction::write ? Command::write : Command::read;
  const NextCommand next = direction_ == Direction::write ? NextCommand::write : NextCommand::read;
  const Cycle earliest = state_.buses.column(std::max(state_.now, state_.banks.channel_ready(next)));
  for_each_bank(candidates, [&](BankIndex bank) {
    const Entry entry = state_.queues.of(bank, direction_).offer;
    const Cycle ready = state_.banks.bank_ready(next, bank);
    const Choice choice{ready <= earliest ? earliest : state_.buses.column(ready), state_.queues[entry].age, entry,
                        command, bank};
    if (Scheduler::before(choice, best)) best = choice;
  });
  return best;
}

template <class Scheduler, class Page, class Refresh>
Choice ChannelController<Scheduler, Page, Refresh>::choose_row(BankSet candidates) const {
  Choice best;
  if (candidates == 0) return best;
  const Cycle activate = std::max(state_.now, state_.banks.channel_ready(NextCommand::activate));
  const Cycle last_activate = refresh_.last_activate();
  for_each_bank(candidates, [&](BankIndex bank) {
    Choice choice;
    choice.command = state_.banks.is_open(bank) ? Command::precharge : Command::activate;
    if (choice.command == Command::precharge) {
      choice.at = std::max(state_.now, state_.banks.bank_ready(NextCommand::precharge, bank));
    } else {
      choice.at = std::max(activate, state_.banks.bank_ready(NextCommand::activate, bank));
    }
    choice.at = state_.buses.row(choice.at, choice.command);
    if (choice.command == Command::activate && choice.at > last_activate) return;
    choice.entry = state_.queues.of(bank, direction_).first;
    choice.age = state_.queues[choice.entry].age;
    choice.bank = bank;
    if (Scheduler::before(choice, best)) best = choice;
  });
  return best;
}

/// Issues the next command before `limit`, or advances to the next arrival; returns false if there is neither.
template <class Scheduler, class Page, class Refresh>
bool ChannelController<Scheduler, Page, Refresh>::step(Cycle limit) {
  take_in();
  choose_direction();
  if (refresh_.due() < limit && state_.queues.empty()) skip_idle_refreshes(limit);
  Choice best = choose();
  const Cycle arrival = line_.arrival() > state_.now ? line_.arrival() : never;
  // Only refreshes due before the limit: later arrivals are not known yet.
  while (refresh_.due() <= std::min(best.at, arrival) && refresh_.due() < limit && !refresh_.pending(state_)) {
    if (!refresh_.decide(state_, std::max(refresh_.due(), state_.now))) break;
    best = choose();
  }
  if (refresh_.pending(state_)) {
    const Choice refresh = refresh_.next(state_);
    if (refresh.at <= best.at) best = refresh;
  }
  if (arrival < limit && arrival <= best.at) {
    state_.now = arrival;
    return true;
  }
  if (best.at >= limit) return false;
  issue(best);
  return true;
}

/// Counts the refreshes of a long idle time instead of issuing them, if nobody observes the commands.
template <class Scheduler, class Page, class Refresh>
void ChannelController<Scheduler, Page, Refresh>::skip_idle_refreshes(Cycle limit) {
  const Cycle until = std::min(limit, line_.arrival());
  if (until == never || observer_ != nullptr || state_.banks.open() != 0 || refresh_.pending(state_)) return;
  const std::uint64_t skipped = refresh_.skip(until);
  (Refresh::kind == DramRefresh::per_bank ? statistics_->bank_refreshes : statistics_->refreshes) += skipped;
}

// --- effects of a command ---

template <class Scheduler, class Page, class Refresh>
void ChannelController<Scheduler, Page, Refresh>::send(Command command, BankIndex bank, RowIndex row,
                                                       ColumnIndex column, Cycle at) {
  state_.now = at;
  state_.buses.take(command, at);
  state_.banks.apply(command, bank, row, at);
  if (observer_ != nullptr) (*observer_)({at, index_, command, bank, row, column});
}

/// Updates the requests of a bank whose row has been closed.
template <class Scheduler, class Page, class Refresh>
void ChannelController<Scheduler, Page, Refresh>::close_row(BankIndex bank) {
  state_.queues.row_closed(bank);
  state_.queues.template offer<Scheduler>(bank, false);
}

template <class Scheduler, class Page, class Refresh>
void ChannelController<Scheduler, Page, Refresh>::issue(Choice choice) {
  if (choice.entry != no_entry && served_ != direction_) {
    served_ = direction_;
    ++statistics_->turnarounds;
  }
  if (is_column(choice.command)) {
    issue_column(choice);
  } else {
    issue_row(choice);
  }
}

template <class Scheduler, class Page, class Refresh>
void ChannelController<Scheduler, Page, Refresh>::issue_row(const Choice& choice) {
  const BankIndex bank = choice.bank;
  switch (choice.command) {
    case Command::activate: {
      const RowIndex row = state_.queues[choice.entry].row;
      state_.queues.note_access(choice.entry, state_.banks.conflict(bank) ? RowAccess::conflict : RowAccess::miss);
      state_.banks.note_conflict(bank, false);
      send(choice.command, bank, row, {}, choice.at);
      state_.queues.row_opened(bank, row);
      state_.queues.template offer<Scheduler>(bank, true);
      ++statistics_->activates;
      return;
    }
    case Command::precharge:
      state_.banks.note_conflict(bank, choice.entry != no_entry);
      send(choice.command, bank, state_.banks.row(bank), {}, choice.at);
      close_row(bank);
      ++statistics_->precharges;
      return;
    case Command::precharge_all: {
      const BankSet open = state_.banks.open();
      send(choice.command, {}, {}, {}, choice.at);
      for_each_bank(open, [&](BankIndex one) {
        close_row(one);
        ++statistics_->precharges;
      });
      return;
    }
    default:
      send(choice.command, bank, {}, {}, choice.at);
      refresh_.refreshed(choice.command);
      ++(choice.command == Command::refresh_bank ? statistics_->bank_refreshes : statistics_->refreshes);
  }
}

template <class Scheduler, class Page, class Refresh>
void ChannelController<Scheduler, Page, Refresh>::count_access(RowAccess access) {
  ++(access == RowAccess::hit    ? statistics_->row_hits
     : access == RowAccess::miss ? statistics_->row_misses
                                 : statistics_->row_conflicts);
}

template <class Scheduler, class Page, class Refresh>
void ChannelController<Scheduler, Page, Refresh>::issue_column(Choice choice) {
  const Request& request = state_.queues[choice.entry];
  const bool closes = Page::closes_after(state_.queues, request);
  if (closes) choice.command = is_write(choice.command) ? Command::write_precharge : Command::read_precharge;
  send(choice.command, choice.bank, request.row, request.column, choice.at);

  const Cycle data = choice.at + rules_->data_delay(choice.command) + rules_->burst_cycles;
  data_cycles_ += rules_->burst_cycles;
  statistics_->data_cycles += rules_->burst_cycles;
  statistics_->last_data = std::max(statistics_->last_data, data);
  statistics_->queued_cycles += choice.at - request.entered;
  count_access(request.access);
  if (request.direction == Direction::write) {
    ++statistics_->writes;
  } else {
    ++statistics_->reads;
    statistics_->read_latency.add(data - request.arrival);
    line_.finish_burst(request.segment, data);
  }

  state_.queues.remove(choice.entry);
  if (closes) {
    state_.banks.note_conflict(choice.bank, state_.queues.of(choice.bank, direction_).first != no_entry);
    close_row(choice.bank);
  } else {
    state_.queues.template offer<Scheduler>(choice.bank, true);
  }
}

}  // namespace anda::dram

#endif
