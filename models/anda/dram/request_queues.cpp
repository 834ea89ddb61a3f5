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
