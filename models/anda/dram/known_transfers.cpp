// SPDX-License-Identifier: Apache-2.0
#include <anda/dram/known_transfers.h>

#include <algorithm>
#include <utility>

namespace anda::dram {

namespace {

/// Upper bound, with a margin, on the cycles that a command waits for its channel's turn on a shared bus.
constexpr Cycle bus_turns = 16;

/// Distance from a visit at which the next refresh no longer affects it.
constexpr Cycle far_away = Cycle{1} << 40;

std::uint64_t mixed(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
  return hash ^ hash >> 29;
}

}  // namespace

void KnownTransfers::Key::add(std::uint64_t word) {
  words[used++] = word;
  hash = mixed(hash, word);
}

KnownTransfers::KnownTransfers(const ChannelRules& rules)
    : rules_(&rules),
      refresh_cycles_(rules.timing.rc + rules.timing.rp + rules.timing.wr + rules.refresh_cycles + 2 * bus_turns),
      undisturbed_(rules.timing.ras + rules.timing.rp + rules.timing.rtp + rules.activate_delay + bus_turns) {
  for (std::uint32_t i = 0; i < channels_.size(); ++i) {
    channels_[i] = make_channel(rules, ChannelIndex{i}, statistics_);
  }
}

bool KnownTransfers::possible(const ChannelRules& rules) {
  return rules.policy.refresh == DramRefresh::none ||
         (rules.policy.refresh == DramRefresh::all_bank && rules.refresh_interval > 2 * rules.refresh_cycles);
}

// --- equality of visits ---

KnownTransfers::Rows KnownTransfers::rows(const Segment& segment) const {
  return {rules_->map.row(segment.first), rules_->map.row(segment.first + segment.count - 1)};
}

bool KnownTransfers::meet(const Segment& a, const Segment& b) const {
  const Rows of_a = rows(a);
  const Rows of_b = rows(b);
  return of_a.first <= of_b.last && of_b.first <= of_a.last;
}

/// A segment that shares rows with earlier ones is described by the distance of its rows from those of the first of
/// these; of all other rows it matters only that they differ. Returns the index of that first segment, or `segment`.
std::size_t KnownTransfers::frame(const Visit& visit, std::size_t segment) const {
  for (std::size_t before = 0; before < segment; ++before) {
    if (meet(visit.segments[before], visit.segments[segment])) return frame(visit, before);
  }
  return segment;
}

bool KnownTransfers::describes(const Visit& visit, const Segment& next) const {
  if (visit.count == Visit::most_segments) return false;
  if (visit.count > 0 && next.arrival < visit.last_arrival()) return false;
  std::size_t first = Visit::most_segments;
  for (std::size_t before = 0; before < visit.count; ++before) {
    if (!meet(visit.segments[before], next)) continue;
    const std::size_t of = frame(visit, before);
    if (first != Visit::most_segments && first != of) return false;  // it would connect segments that were unrelated
    first = of;
  }
  return true;
}

/// The location of a segment's bursts relative to its run. A column matters only beside others of its row; for a short
/// segment that shares its rows with no other, only the bank groups and the position of the run's end matter.
std::uint64_t KnownTransfers::alike(const Visit& visit, std::size_t segment) const {
  constexpr std::uint64_t most = 4;
  const Segment& of = visit.segments[segment];
  const AddressMap& map = rules_->map;
  bool alone = of.count <= most;
  for (std::size_t i = 0; i < visit.count && alone; ++i) alone = i == segment || !meet(visit.segments[i], of);
  if (!alone) return map.within_run(of.first) << 1;
  std::uint64_t places = 0;
  for (std::uint64_t i = of.first; i < of.first + of.count; ++i) {
    places = places << 16 | (map.run(i) - map.run(of.first)) << 8 | raw(map.place(i).bank);
    if (map.run_banks() > 1) places &= ~(map.run_banks() - 1);  // only the bank group
  }
  // Without bank runs, the row is part of the description.
  if (map.run_banks() == 1 && raw(rows(of).first) != raw(rows(of).last)) return map.within_run(of.first) << 1;
  return places << 1 | 1;
}

KnownTransfers::Key KnownTransfers::key(const Visit& visit, ChannelIndex channel, bool undisturbed) const {
  Key key;
  const AddressMap& map = rules_->map;
  const std::uint64_t second = rules_->shared_buses ? raw(channel) & 1 : 0;
  const std::uint64_t turns = rules_->shared_buses ? 2 * (rules_->activate_delay + 1) : 1;
  const std::uint64_t run = map.run(visit.segments[0].first);
  const std::uint64_t banks = std::max<std::uint64_t>(map.run_banks(), 1);
  const std::uint64_t called = visit.start.conflicts != 0 ? run % banks : 0;
  key.add(called << 32 | (visit.base() % turns) << 2 | second << 1 | (visit.start.served == Direction::write ? 1 : 0));
  key.add(visit.start.conflicts);
  key.add(undisturbed ? far_away : visit.start.due - visit.base());
  for (std::size_t i = 0; i < visit.count; ++i) {
    const Segment& segment = visit.segments[i];
    const std::size_t of = frame(visit, i);
    key.add(alike(visit, i));
    key.add(segment.count << 1 | (segment.write ? 1 : 0));
    key.add((segment.arrival - visit.base()) << 3 | of);
    key.add(of == i ? (map.run(segment.first) - run) % banks
                    : map.run(segment.first) - map.run(visit.segments[of].first));
  }
  return key;
}

BankSet KnownTransfers::conflicts(const Visit& visit, const Known& known) const {
  const std::uint64_t banks = rules_->map.run_banks();
  const std::uint64_t turn = (rules_->map.run(visit.segments[0].first) - known.run) % banks;
  BankSet called = 0;
  for_each_bank(known.conflicts, [&](BankIndex bank) {
    const std::uint64_t group = raw(bank) / banks * banks;
    called |= BankSet{1} << (group + (raw(bank) + turn) % banks);
  });
  return called;
}

// --- simulation of visits ---

std::shared_ptr<const Known> KnownTransfers::find(const Visit& visit, ChannelIndex channel) {
  if (visit.start.due >= visit.base()) {
    std::shared_ptr<const Known> known = look_up(undisturbed_visits_, visit, channel, true);
    if (visit.start.due - visit.base() >= known->rests + undisturbed_) return known;
  }
  return look_up(others_, visit, channel, false);
}

std::shared_ptr<const Known> KnownTransfers::look_up(Table& table, const Visit& visit, ChannelIndex channel,
                                                     bool undisturbed) {
  const Key of = key(visit, channel, undisturbed);
  const auto found = table.find(of);
  if (found != table.end()) return found->second;
  if (table.size() >= most_known) table.clear();
  return table.emplace(of, std::make_shared<const Known>(simulate(visit, channel, undisturbed))).first->second;
}

Known KnownTransfers::simulate(const Visit& visit, ChannelIndex channel, bool undisturbed) {
  if (writes_wait(visit)) {
    if (std::optional<Known> known = simulate_writes(visit, channel, undisturbed)) return std::move(*known);
  }
  ++simulated_;
  Channel& simulated = *channels_[raw(channel) & 1];
  Rest start = visit.start;
  if (undisturbed) start.due = visit.base() + far_away;
  simulated.restart(start, std::min(start.due, visit.base()));
  simulated.clear_finished();
  StatisticsChange before;  // before the first segment arrives: a refresh that was due
  for (std::size_t i = 0; i < visit.count; ++i) {
    Segment segment = visit.segments[i];
    segment.token = i;
    statistics_ = Statistics();
    simulated.run_until(segment.arrival);
    if (i == 0 && start.due < visit.base()) {
      before = StatisticsChange(statistics_, visit.base());
      statistics_ = Statistics();
    }
    simulated.push(segment);
    simulated.run_until_taken_in();
  }
  Known known;
  known.base = visit.base();
  known.run = rules_->map.run(visit.segments[0].first);
  const StatisticsChange from_arrival(statistics_, known.base);
  known.taken_in = from_arrival;
  if (visit.count == 1) known.taken_in += before;
  statistics_ = Statistics();
  known.done = simulated.run_until_finished(visit.count - 1) - known.base;
  const bool reads =
      std::none_of(visit.segments.begin(), visit.segments.begin() + static_cast<std::ptrdiff_t>(visit.count),
                   [](const Segment& segment) { return segment.write; });
  if (reads && simulated.quiet()) {
    known.served_alone = Known::Served{simulated.pause(), from_arrival, StatisticsChange(statistics_, known.base)};
  }
  finish(simulated, start.due, known);
  return known;
}

/// Runs until the channel is at rest and completes `known`.
void KnownTransfers::finish(Channel& simulated, Cycle due, Known& known) {
  simulated.drain();
  Cycle rests = simulated.settled();
  for (simulated.run_until(rests); !simulated.quiet() || simulated.settled() > rests; simulated.run_until(rests)) {
    rests = std::max(rests + bus_turns, simulated.settled());
  }
  const Rest end = simulated.rest();
  known.leaving = StatisticsChange(statistics_, known.base);
  known.rests = rests - known.base;
  known.open = simulated.open();
  known.conflicts = end.conflicts;
  known.served = end.served;
  known.due_later = end.due - due;
}

/// Whether a visit consists of a write and of reads that arrive with it and are served first, as if there were no
/// write: it is too small to delay them and is for other rows.
bool KnownTransfers::writes_wait(const Visit& visit) const {
  const Segment& write = visit.segments[0];
  if (visit.count < 2 || !write.write || write.count > rules_->policy.write_drain_stop ||
      write.count >= rules_->policy.write_drain_start || write.count > rules_->policy.queue_requests) {
    return false;
  }
  return std::all_of(
      visit.segments.begin() + 1, visit.segments.begin() + static_cast<std::ptrdiff_t>(visit.count),
      [&](const Segment& read) { return !read.write && read.arrival == write.arrival && !meet(write, read); });
}

/// Returns nullopt unless the channel is quiet once the last read is served; the visit is then simulated as a whole.
std::optional<Known> KnownTransfers::simulate_writes(const Visit& visit, ChannelIndex channel, bool undisturbed) {
  Visit alone;
  alone.start = visit.start;
  alone.count = visit.count - 1;
  std::copy_n(visit.segments.begin() + 1, alone.count, alone.segments.begin());
  const std::shared_ptr<const Known> read =
      look_up(undisturbed ? undisturbed_visits_ : others_, alone, channel, undisturbed);
  if (!read->served_alone) return std::nullopt;
  Channel& simulated = *channels_[raw(channel) & 1];
  simulated.resume(read->served_alone->pause);
  simulated.clear_finished();

  // Places the write relative to the simulated read as in the visit, but in rows of its own.
  const AddressMap& map = rules_->map;
  Segment write = visit.segments[0];
  const std::uint64_t banks = map.run_banks();
  const std::uint64_t apart = map.run(write.first) - map.run(visit.segments[1].first);
  constexpr std::uint64_t beyond = std::uint64_t{1} << 44;  // beyond all memories; a multiple of the number of banks
  const std::uint64_t run = read->run + beyond + apart % banks;
  write.first = map.first_of_run(run) + map.within_run(write.first);
  write.arrival = read->base;
  write.token = 0;
  const Cycle now = read->served_alone->pause.now;
  statistics_ = Statistics();
  simulated.push(write);

  Known known;
  known.base = read->base;
  known.run = run;
  known.done = read->done;
  known.taken_in = read->served_alone->taken_in;
  known.taken_in.wait_beside(write.count, 0);
  const Cycle due = undisturbed ? read->base + far_away : read->base + visit.start.due - visit.base();
  finish(simulated, due, known);
  known.leaving += read->served_alone->since;
  known.leaving.wait_beside(0, write.count * (now - read->base));
  return known;
}

}  // namespace anda::dram
