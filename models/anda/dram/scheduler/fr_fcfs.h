// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_SCHEDULER_FR_FCFS_H
#define ANDA_DRAM_SCHEDULER_FR_FCFS_H

#include <anda/dram/channel_state.h>
#include <anda/dram/dram_config.h>

namespace anda::dram {

/// Ready commands first, then the oldest; hits overtake older requests of their bank.
struct FrFcfs {
  static constexpr DramScheduler kind = DramScheduler::fr_fcfs;

  static Entry of_open_row(const BankQueue& queue) { return queue.hit; }
  static bool before(const Choice& a, const Choice& b) { return a.at != b.at ? a.at < b.at : a.age < b.age; }
};

}  // namespace anda::dram

#endif
