// SPDX-License-Identifier: Apache-2.0
#include <anda/dram/channel_controller.h>

#include <algorithm>

namespace anda::dram {

ChannelController::ChannelController(const ChannelRules& rules, ChannelIndex index, CommandCounts& counts)
    : rules_(&rules),
      counts_(&counts),
      index_(index),
      banks_(rules.organisation.banks()),
      groups_next_(rules.organisation.bank_groups),
      requests_(std::size_t{2} * rules.policy.queue_requests) {
  while ((1u << group_shift_) < rules.organisation.banks_per_group) ++group_shift_;
  for (std::size_t i = requests_.size(); i > 0; --i) free_.push_back(static_cast<Entry>(i - 1));
  // Channels are refreshed one after another, so that the supply does not see all of them at once.
  const Cycle offset = rules.refresh_interval * (raw(index) + 1) / rules.channels;
  if (rules.policy.refresh != DramRefresh::none) refresh_due_ = std::max<Cycle>(offset, 1);
}

void ChannelController::imitate(const ChannelController& other) {
  const CommandObserver* const observer = observer_;
  CommandCounts* const counts = counts_;
  *this = other;
  observer_ = observer;
  counts_ = counts;
}

void ChannelController::push(const Segment& segment) {
  if (line_begin_ == line_.size()) {
    line_.clear();
    line_begin_ = 0;
  }
  line_.push_back(segment);
  if (line_.size() - line_begin_ > 1) {
    line_.back().arrival = std::max(line_.back().arrival, line_[line_.size() - 2].arrival);
  }
}

Cycle ChannelController::run_until_finished(std::uint64_t token) {
  for (;;) {
    for (const Finished& one : finished_) {
      if (one.token == token) return one.cycle;
    }
    finished_.clear();
    if (idle()) return now_;
    while (finished_.empty() && !idle()) step(never);
  }
}

// --- requests ---

void ChannelController::take_in() {
  while (line_begin_ < line_.size()) {
    Segment& front = line_[line_begin_];
    if (front.arrival > now_) return;
    if (!front_started_) {
      if (free_groups_.empty()) {
        free_groups_.push_back(static_cast<std::uint32_t>(groups_.size()));
        groups_.emplace_back();
      }
      front_group_ = free_groups_.back();
      free_groups_.pop_back();
      groups_[front_group_] = {front.token, front.count, 0};
      front_started_ = true;
    }
    while (front.count > 0) {
      if (!accept(front)) return;
      ++front.first;
      --front.count;
    }
    front_started_ = false;
    ++line_begin_;
    if (line_begin_ > 4096 && line_begin_ * 2 > line_.size()) {
      line_.erase(line_.begin(), line_.begin() + static_cast<std::ptrdiff_t>(line_begin_));
      line_begin_ = 0;
    }
  }
}

bool ChannelController::accept(const Segment& segment) {
  const std::size_t direction = segment.write ? 1 : 0;
  if (waiting_[direction] == rules_->policy.queue_requests) return false;
  const Place place = rules_->map.place(segment.first);
  const std::uint32_t index = raw(place.bank);
  Bank& bank = banks_[index];

  if (!segment.write && (with_waiting_[1] & bit(index)) != 0) {
    for (Entry i = bank.lists[1].first; i != none; i = requests_[i].after) {
      if (requests_[i].row != raw(place.row) || requests_[i].column != raw(place.column)) continue;
      ++statistics_.reads;
      ++statistics_.forwarded;
      statistics_.read_latency.add(now_ - segment.arrival);
      finish_one(front_group_, now_);
      return true;
    }
  }

  const Entry entry = free_.back();
  free_.pop_back();
  List& list = bank.lists[direction];
  requests_[entry] = {raw(place.row),
                      next_age_++,
                      segment.arrival,
                      now_,
                      front_group_,
                      raw(place.column),
                      static_cast<std::uint8_t>(index),
                      Access::hit,
                      segment.write,
                      list.last,
                      none};
  (list.last == none ? list.first : requests_[list.last].after) = entry;
  list.last = entry;
  ++waiting_[direction];
  with_waiting_[direction] |= bit(index);
  if (bank.open && list.hit == none && bank.row == raw(place.row)) {
    list.hit = entry;
    update_masks(index);
  }
  statistics_.longest_queue = std::max<std::uint64_t>(statistics_.longest_queue, waiting_[0] + waiting_[1]);
  if (segment.write) finish_one(front_group_, now_);
  return true;
}

void ChannelController::finish_one(std::uint32_t group, Cycle cycle) {
  Group& of = groups_[group];
  of.done = std::max(of.done, cycle);
  if (--of.left > 0) return;
  finished_.push_back({of.token, of.done});
  free_groups_.push_back(group);
}

ChannelController::Entry ChannelController::next_hit(Entry from, std::uint64_t row) const {
  while (from != none && requests_[from].row != row) from = requests_[from].after;
  return from;
}

void ChannelController::update_masks(std::uint32_t bank) {
  const Bank& of = banks_[bank];
  const bool in_order = rules_->policy.scheduler == DramScheduler::fcfs;
  for (std::size_t direction = 0; direction < 2; ++direction) {
    const List& list = of.lists[direction];
    const bool hit = of.open && !of.worn && list.hit != none && (!in_order || list.hit == list.first);
    with_hits_[direction] = hit ? with_hits_[direction] | bit(bank) : with_hits_[direction] & ~bit(bank);
  }
}

void ChannelController::choose_direction() {
  const bool was = writing_;
  if (writing_) {
    writing_ = waiting_[1] > 0 && (waiting_[1] > rules_->policy.write_drain_stop || waiting_[0] == 0);
  } else {
    writing_ = waiting_[1] >= rules_->policy.write_drain_start || (waiting_[0] == 0 && waiting_[1] > 0);
  }
  if (writing_ != was) ++statistics_.turnarounds;
}

// --- the next command ---

/// Pseudo-channels that share buses take turns on them: on the column bus cycle by cycle, on the row bus for as long as
/// an activation takes. Each then runs as if it were alone.
Cycle ChannelController::on_column_bus(Cycle cycle) const {
  cycle = std::max(cycle, column_bus_free_);
  if (rules_->shared_buses) cycle += (cycle ^ raw(index_)) & 1;
  return cycle;
}

Cycle ChannelController::on_row_bus(Cycle cycle, bool activate) const {
  cycle = std::max(cycle, row_bus_free_);
  if (!rules_->shared_buses) return cycle;
  const Cycle turn = rules_->organisation.activate_command_cycles;
  const Cycle period = 2 * turn;  // a power of two
  const Cycle start = (raw(index_) & 1) * turn;
  const Cycle into = (cycle - start) & (period - 1);
  const bool fits = activate ? into == 0 : into < turn;
  return fits ? cycle : cycle + period - into;
}

/// Where there is but one command bus, columns wait too.
void ChannelController::take_row_bus(Cycle at, Cycle cycles) {
  row_bus_free_ = at + cycles;
  if (!rules_->organisation.row_command_bus) column_bus_free_ = at + cycles;
}

ChannelController::Choice ChannelController::choose_column() const {
  Choice best;
  const std::size_t direction = writing_ ? 1 : 0;
  const std::size_t waiter = index_of(writing_ ? Waiter::write : Waiter::read);
  BankSet candidates = with_hits_[direction];
  if (refresh_bank_ != no_bank) candidates &= ~bit(refresh_bank_);
  const Cycle earliest = on_column_bus(std::max(now_, next_[waiter]));
  for_each_bank(candidates, [&](std::uint32_t index) {
    const Bank& bank = banks_[index];
    Cycle at = std::max(bank.next[waiter], groups_next_[index >> group_shift_][waiter]);
    at = at <= earliest ? earliest : on_column_bus(at);
    const Entry entry = bank.lists[direction].hit;
    const std::uint64_t age = requests_[entry].age;
    if (best.before(at, age)) return;
    best.at = at;
    best.age = age;
    best.entry = entry;
    best.bank = index;
  });
  if (best.entry == none) return best;

  // Auto-precharge with the last access, where the policy closes the row after it.
  const DramPagePolicy page = rules_->policy.page;
  best.command = writing_ ? Command::write : Command::read;
  if (page != DramPagePolicy::open) {
    const Bank& bank = banks_[best.bank];
    const Request& request = requests_[best.entry];
    const List& list = bank.lists[direction];
    const bool last_hit = bank.lists[1 - direction].hit == none && next_hit(request.after, request.row) == none;
    const bool others = list.first != best.entry || list.last != best.entry;
    if (last_hit && (page == DramPagePolicy::closed || others)) {
      best.command = writing_ ? Command::write_precharge : Command::read_precharge;
    }
  }
  return best;
}

ChannelController::Choice ChannelController::choose_row() const {
  Choice best;
  const std::size_t direction = writing_ ? 1 : 0;
  BankSet candidates = with_waiting_[direction] & ~with_hits_[direction];
  if (refresh_bank_ != no_bank) candidates &= ~bit(refresh_bank_);
  if (candidates == 0) return best;
  const Cycle activate_earliest = std::max({now_, next_[index_of(Waiter::activate)], activates_[oldest_activate_]});
  // A row opened right before all banks are refreshed would only put the refresh off, by what is left of its tRAS.
  Cycle last_useful = never;
  if (rules_->policy.refresh == DramRefresh::all_bank) {
    last_useful = refresh_due_ + rules_->timing.rtp - std::min<Cycle>(refresh_due_, rules_->timing.ras);
  }
  for_each_bank(candidates, [&](std::uint32_t index) {
    const Bank& bank = banks_[index];
    Cycle at = 0;
    if (bank.open) {
      at = on_row_bus(std::max(now_, bank.next[index_of(Waiter::precharge)]), false);
    } else {
      at = on_row_bus(std::max({activate_earliest, bank.next[index_of(Waiter::activate)],
                                groups_next_[index >> group_shift_][index_of(Waiter::activate)]}),
                      true);
      if (at > last_useful) return;
    }
    const Entry entry = bank.lists[direction].first;
    const std::uint64_t age = requests_[entry].age;
    if (best.before(at, age)) return;
    best.at = at;
    best.age = age;
    best.entry = entry;
    best.bank = index;
    best.command = bank.open ? Command::precharge : Command::activate;
  });
  return best;
}

bool ChannelController::step(Cycle limit) {
  take_in();
  choose_direction();
  if (refresh_due_ < limit && waiting_[0] + waiting_[1] == 0 && observer_ == nullptr) skip_idle_refreshes(limit);

  Choice best = choose_column();
  const Choice row = choose_row();
  if (row.at < best.at) best = row;
  Cycle arrival = never;
  if (line_begin_ < line_.size() && line_[line_begin_].arrival > now_) arrival = line_[line_begin_].arrival;

  if (refresh_due_ != never && refresh_due_ <= std::min(best.at, arrival)) {
    if (rules_->policy.refresh == DramRefresh::all_bank) return refresh_all_banks(limit);
    if (refresh_bank_ == no_bank) {
      choose_bank_to_refresh(std::max(refresh_due_, now_));
      if (refresh_bank_ != no_bank) {
        best = choose_column();
        const Choice other = choose_row();
        if (other.at < best.at) best = other;
      }
    }
  }
  if (refresh_bank_ != no_bank) {
    const Choice refresh = bank_refresh();
    if (refresh.at <= best.at) best = refresh;
  }
  if (arrival < limit && arrival <= best.at) {
    now_ = arrival;
    return true;
  }
  if (best.at >= limit) return false;
  issue(best);
  return true;
}

// --- effects of a command ---

void ChannelController::apply(Command command, std::uint32_t bank, Cycle at) {
  for (const Constraint& rule : rules_->table.after(command)) {
    const std::size_t to = index_of(rule.to);
    Waits& waits = rule.scope == Scope::bank    ? banks_[bank].next
                   : rule.scope == Scope::group ? groups_next_[bank >> group_shift_]
                                                : next_;
    waits[to] = std::max(waits[to], at + rule.cycles);
  }
}

void ChannelController::emit(Command command, std::uint32_t bank, std::uint64_t row, std::uint32_t column, Cycle at) {
  if (observer_ == nullptr) return;
  (*observer_)({at, index_, command, BankIndex{static_cast<std::uint8_t>(bank)}, RowIndex{row},
                ColumnIndex{static_cast<std::uint16_t>(column)}});
}

void ChannelController::open_row(std::uint32_t bank, const Request& request) {
  Bank& of = banks_[bank];
  of.open = true;
  of.worn = false;
  of.bypasses = 0;
  of.row = request.row;
  of.conflict = false;
  for (List& list : of.lists) list.hit = next_hit(list.first, of.row);
  open_banks_ |= bit(bank);
  update_masks(bank);
}

void ChannelController::close_row(std::uint32_t bank) {
  Bank& of = banks_[bank];
  of.open = false;
  for (List& list : of.lists) list.hit = none;
  open_banks_ &= ~bit(bank);
  update_masks(bank);
}

void ChannelController::issue(const Choice& choice) {
  now_ = choice.at;
  if (is_column(choice.command)) {
    issue_column(choice);
    return;
  }
  const bool activate = choice.command == Command::activate;
  take_row_bus(choice.at, activate ? rules_->organisation.activate_command_cycles : 1);
  apply(choice.command, choice.bank, choice.at);
  std::uint64_t row = 0;
  if (activate) {
    Request& request = requests_[choice.entry];
    request.access = banks_[choice.bank].conflict ? Access::conflict : Access::miss;
    row = request.row;
    open_row(choice.bank, request);
    activates_[oldest_activate_] = choice.at + rules_->timing.faw;
    oldest_activate_ = (oldest_activate_ + 1) & 3;
    ++statistics_.activates;
    ++counts_->activates;
  } else if (choice.command == Command::precharge) {
    row = banks_[choice.bank].row;
    banks_[choice.bank].conflict = choice.entry != none;
    close_row(choice.bank);
    ++statistics_.precharges;
  } else {
    note_bank_refresh();
  }
  emit(choice.command, choice.bank, row, 0, choice.at);
}

void ChannelController::issue_column(const Choice& choice) {
  const Cycle at = choice.at;
  column_bus_free_ = at + 1;
  if (!rules_->organisation.row_command_bus) row_bus_free_ = at + 1;
  apply(choice.command, choice.bank, at);

  const Request& request = requests_[choice.entry];
  const std::size_t direction = request.write ? 1 : 0;
  Bank& bank = banks_[choice.bank];
  List& list = bank.lists[direction];
  bank.used = at;

  const Cycle data = at + (request.write ? rules_->timing.cwl : rules_->timing.cl) + rules_->burst_cycles;
  statistics_.data_cycles += rules_->burst_cycles;
  statistics_.last_data = std::max(statistics_.last_data, data);
  statistics_.queued_cycles += at - request.entered;
  switch (request.access) {
    case Access::hit:
      ++statistics_.row_hits;
      ++counts_->row_hits;
      break;
    case Access::miss:
      ++statistics_.row_misses;
      ++counts_->row_misses;
      break;
    case Access::conflict:
      ++statistics_.row_conflicts;
      ++counts_->row_conflicts;
      break;
  }
  if (request.write) {
    ++statistics_.writes;
  } else {
    ++statistics_.reads;
    statistics_.read_latency.add(data - request.arrival);
    finish_one(request.group, data);
  }

  if (list.first != choice.entry && ++bank.bypasses >= rules_->policy.most_bypasses) bank.worn = true;
  list.hit = next_hit(request.after, request.row);
  (request.before == none ? list.first : requests_[request.before].after) = request.after;
  (request.after == none ? list.last : requests_[request.after].before) = request.before;
  free_.push_back(choice.entry);
  --waiting_[direction];
  if (list.first == none) with_waiting_[direction] &= ~bit(choice.bank);

  emit(choice.command, choice.bank, request.row, request.column, at);
  if (choice.command == Command::read_precharge || choice.command == Command::write_precharge) {
    bank.conflict = list.first != none;
    close_row(choice.bank);
  } else {
    update_masks(choice.bank);
  }
}

}  // namespace anda::dram
