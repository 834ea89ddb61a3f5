// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_SCHEDULER_FCFS_H
#define ANDA_DRAM_SCHEDULER_FCFS_H

#include <anda/dram/channel_state.h>
#include <anda/dram/dram_config.h>

namespace anda::dram {

/// Serves each bank in order of arrival; among banks, ready commands first, then the oldest request.
struct Fcfs {
  static constexpr DramScheduler kind = DramScheduler::fcfs;

  static Entry of_open_row(const BankQueue& queue) { return queue.hit == queue.first ? queue.hit : no_entry; }
  static bool before(const Choice& a, const Choice& b) { return a.at != b.at ? a.at < b.at : a.age < b.age; }
};

}  // namespace anda::dram

#endif
