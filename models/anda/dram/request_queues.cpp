// SPDX-License-Identifier: Apache-2.0
#include <anda/dram/request_queues.h>

namespace anda::dram {

RequestQueues::RequestQueues(const ChannelRules& rules)
    : capacity_(rules.policy.queue_requests),
      most_bypasses_(rules.policy.most_bypasses),
      requests_(std::size_t{2} * capacity_),
      banks_(rules.organisation.banks()) {
  for (std::size_t i = requests_.size(); i > 0; --i) free_.push_back(Entry{static_cast<std::uint16_t>(i - 1)});
}

bool RequestQueues::holds_write(const Place& place) const {
  if ((wanted(Direction::write) & bit(place.bank)) == 0) return false;
  for (Entry i = of(place.bank, Direction::write).first; i != no_entry; i = (*this)[i].after) {
    if ((*this)[i].row == place.row && (*this)[i].column == place.column) return true;
  }
  return false;
}

bool RequestQueues::others_want_row(const Request& request) const {
  return of(request.bank, opposite(request.direction)).hit != no_entry ||
         next_for_row(request.after, request.row) != no_entry;
}

bool RequestQueues::others_want_bank(const Request& request) const {
  return request.before != no_entry || request.after != no_entry;
}

void RequestQueues::add(Request request, const BankStates& banks) {
  const Entry entry = free_.back();
  free_.pop_back();
  const std::size_t direction = index_of(request.direction);
  BankQueue& queue = banks_[raw(request.bank)].queues[direction];
  request.before = queue.last;
  request.after = no_entry;
  (queue.last == no_entry ? queue.first : requests_[raw(queue.last)].after) = entry;
  queue.last = entry;
  ++waiting_[direction];
  wanted_[direction] |= bit(request.bank);
  if (queue.hit == no_entry && banks.is_open(request.bank) && banks.row(request.bank) == request.row) queue.hit = entry;
  requests_[raw(entry)] = request;
}

void RequestQueues::remove(Entry entry) {
  const Request& request = (*this)[entry];
  const std::size_t direction = index_of(request.direction);
  Bank& bank = banks_[raw(request.bank)];
  BankQueue& queue = bank.queues[direction];
  if (queue.first != entry && ++bank.bypasses >= most_bypasses_) bank.worn = true;
  queue.hit = next_for_row(request.after, request.row);
  (request.before == no_entry ? queue.first : requests_[raw(request.before)].after) = request.after;
  (request.after == no_entry ? queue.last : requests_[raw(request.after)].before) = request.before;
  free_.push_back(entry);
  --waiting_[direction];
  if (queue.first == no_entry) wanted_[direction] &= ~bit(request.bank);
}

void RequestQueues::row_opened(BankIndex bank, RowIndex row) {
  Bank& of = banks_[raw(bank)];
  of.worn = false;
  of.bypasses = 0;
  for (BankQueue& queue : of.queues) queue.hit = next_for_row(queue.first, row);
}

void RequestQueues::row_closed(BankIndex bank) {
  for (BankQueue& queue : banks_[raw(bank)].queues) queue.hit = no_entry;
}

}  // namespace anda::dram
