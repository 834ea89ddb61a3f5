// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_REQUEST_QUEUES_H
#define ANDA_DRAM_REQUEST_QUEUES_H

#include <array>
#include <cstdint>
#include <vector>

#include <anda/dram/address_map.h>
#include <anda/dram/bank_set.h>
#include <anda/dram/bank_states.h>
#include <anda/dram/channel_rules.h>
#include <anda/dram/command.h>
#include <anda/dram/segment_line.h>

namespace anda::dram {

enum class Direction : std::uint8_t { read, write };
constexpr std::size_t index_of(Direction direction) { return static_cast<std::size_t>(direction); }
constexpr Direction opposite(Direction direction) {
  return direction == Direction::read ? Direction::write : Direction::read;
}

/// What a request found in its bank: its row open, no row open, or another row open.
enum class RowAccess : std::uint8_t { hit, miss, conflict };

/// A waiting request, by its index in the queues' storage.
enum class Entry : std::uint16_t {};
inline constexpr Entry no_entry{0xFFFF};

/// A burst waiting in a queue.
struct Request {
  std::uint64_t age;  ///< smaller is older
  RowIndex row;
  Cycle arrival;
  Cycle entered;
  SegmentSlot segment;
  ColumnIndex column;
  BankIndex bank;
  RowAccess access;
  Direction direction;
  Entry before;
  Entry after;
};

/// The requests of one bank and direction, oldest first.
struct BankQueue {
  Entry first = no_entry;
  Entry last = no_entry;
  Entry hit = no_entry;    ///< the oldest request for the open row
  Entry offer = no_entry;  ///< the request that the scheduler allows to use the open row
};

/// A channel's read and write queues. All requests are allocated up front. The requests of a bank form a list, so that
/// its oldest hit is known without a search.
class RequestQueues {
 public:
  explicit RequestQueues(const ChannelRules& rules);

  bool empty() const { return waiting_[0] + waiting_[1] == 0; }
  std::uint32_t waiting(Direction direction) const { return waiting_[index_of(direction)]; }
  std::uint32_t waiting() const { return waiting_[0] + waiting_[1]; }
  bool full(Direction direction) const { return waiting(direction) == capacity_; }

  const Request& operator[](Entry entry) const { return requests_[raw(entry)]; }
  const BankQueue& of(BankIndex bank, Direction direction) const {
    return banks_[raw(bank)].queues[index_of(direction)];
  }
  /// Banks with waiting requests of a direction, and those of them with a request that may use the open row.
  BankSet wanted(Direction direction) const { return wanted_[index_of(direction)]; }
  BankSet offered(Direction direction) const { return offered_[index_of(direction)]; }

  /// Whether a write to this burst waits.
  bool holds_write(const Place& place) const;
  /// Whether another request waits for the same row, and whether one in the same queue waits for the same bank.
  bool others_want_row(const Request& request) const;
  bool others_want_bank(const Request& request) const;

  /// Adds a request and sets its `before` and `after`; the queue must not be full. Returns whether the bank's offer
  /// must be updated.
  bool add(Request request, const BankStates& banks);
  /// Removes a request that was served from the open row.
  void remove(Entry entry);
  void row_opened(BankIndex bank, RowIndex row);
  void row_closed(BankIndex bank);
  void note_access(Entry entry, RowAccess access) { requests_[raw(entry)].access = access; }

  /// Asks the scheduler again for a bank's offer: call it after remove, row_opened, row_closed and an add() that
  /// returns true.
  template <class Scheduler>
  void offer(BankIndex bank, bool open) {
    Bank& of = banks_[raw(bank)];
    for (std::size_t i = 0; i < 2; ++i) {
      BankQueue& queue = of.queues[i];
      queue.offer = open && !of.worn ? Scheduler::of_open_row(queue) : no_entry;
      offered_[i] = queue.offer != no_entry ? offered_[i] | bit(bank) : offered_[i] & ~bit(bank);
    }
  }

 private:
  struct Bank {
    std::array<BankQueue, 2> queues;
    std::uint32_t bypasses = 0;
    bool worn = false;  // bypass limit reached: no further hits
  };

  Entry next_for_row(Entry from, RowIndex row) const {
    while (from != no_entry && (*this)[from].row != row) from = (*this)[from].after;
    return from;
  }

  std::uint32_t capacity_;
  std::uint32_t most_bypasses_;
  std::vector<Request> requests_;
  std::vector<Entry> free_;
  std::vector<Bank> banks_;
  std::array<std::uint32_t, 2> waiting_{};
  std::array<BankSet, 2> wanted_{};
  std::array<BankSet, 2> offered_{};
};

inline bool RequestQueues::holds_write(const Place& place) const {
  if ((wanted(Direction::write) & bit(place.bank)) == 0) return false;
  for (Entry i = of(place.bank, Direction::write).first; i != no_entry; i = (*this)[i].after) {
    if ((*this)[i].row == place.row && (*this)[i].column == place.column) return true;
  }
  return false;
}

inline bool RequestQueues::others_want_row(const Request& request) const {
  return of(request.bank, opposite(request.direction)).hit != no_entry ||
         next_for_row(request.after, request.row) != no_entry;
}

inline bool RequestQueues::others_want_bank(const Request& request) const {
  return request.before != no_entry || request.after != no_entry;
}

inline bool RequestQueues::add(Request request, const BankStates& banks) {
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
  requests_[raw(entry)] = request;
  const bool hits = queue.hit == no_entry && banks.is_open(request.bank) && banks.row(request.bank) == request.row;
  if (hits) queue.hit = entry;
  return hits;
}

inline void RequestQueues::remove(Entry entry) {
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

}  // namespace anda::dram

#endif
