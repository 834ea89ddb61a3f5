// SPDX-License-Identifier: Apache-2.0
#include <anda/dram/resting_channel.h>

#include <algorithm>

namespace anda::dram {

bool RestingChannel::fall_asleep(const Segment& next) {
  if (!channel_->rests(next.arrival)) return false;
  visit_.start = channel_->rest();
  visit_.count = 0;
  asleep_ = true;
  return true;
}

void RestingChannel::wake() {
  if (!asleep_) return;
  asleep_ = false;
  // Its work so far has been counted already.
  Statistics counted;
  channel_->count_in(counted);
  const Cycle data_cycles = channel_->data_cycles();
  channel_->restart(visit_.start, std::min(visit_.start.due, visit_.base()));
  for (std::size_t i = 0; i < visit_.count; ++i) {
    channel_->run_until(visit_.segments[i].arrival);
    channel_->push(visit_.segments[i]);
    channel_->run_until_taken_in();
  }
  channel_->count_data(data_cycles - channel_->data_cycles());
  channel_->count_in(*statistics_);
}

std::optional<Cycle> RestingChannel::serve(const Segment& segment) {
  const bool new_visit = visit_.count == 0 || segment.arrival >= visit_.base() + known_->rests;
  if (new_visit ? !come_to_rest(segment.arrival) : !known_transfers_->describes(visit_, segment)) {
    wake();
    return std::nullopt;
  }
  visit_.segments[visit_.count++] = segment;
  known_ = known_transfers_->find(visit_, index_);
  count(known_->taken_in);
  return visit_.base() + known_->done;
}

/// Ends a visit that is over before the next segment arrives, and counts the refreshes since; returns false if rows are
/// still open.
bool RestingChannel::come_to_rest(Cycle arrival) {
  Rest rest = visit_.start;
  BankSet open = 0;
  if (visit_.count > 0) {
    if (rest.due != never) rest.due += known_->due_later;
    rest.conflicts = known_transfers_->conflicts(visit_, *known_);
    rest.served = known_->served;
    open = known_->open;
  }
  std::uint64_t refreshes = 0;
  const Cycle takes = known_transfers_->refresh_cycles();
  if (rest.due != never && rest.due + takes <= arrival) {
    refreshes = (arrival - takes - rest.due) / known_transfers_->refresh_interval() + 1;
    rest.due += refreshes * known_transfers_->refresh_interval();
  }
  if (open != 0 && refreshes == 0) return false;
  if (visit_.count > 0) count(known_->leaving);
  statistics_->refreshes += refreshes;
  if (refreshes > 0) statistics_->precharges += static_cast<std::uint64_t>(__builtin_popcountll(open));
  visit_.start = rest;
  visit_.count = 0;
  return true;
}

void RestingChannel::count(const StatisticsChange& change) {
  change.add_to(*statistics_, visit_.base());
  channel_->count_data(change.data_cycles());
}

}  // namespace anda::dram
