// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_SCHEDULER_SCHEDULER_H
#define ANDA_DRAM_SCHEDULER_SCHEDULER_H

#include <tuple>

#include <anda/dram/scheduler/fcfs.h>
#include <anda/dram/scheduler/fr_fcfs.h>

namespace anda::dram {

/// The slot for schedulers: which request goes next. A scheduler is a type without state that has
///
///   static constexpr DramScheduler kind                    its word in the configuration
///   static Entry of_open_row(const BankQueue& queue)       the request of a bank and direction that may use the open
///                                                          row, one for that row; no_entry: the bank turns to the row
///                                                          of its first request. Depends on `first` and `hit` alone
///   static bool before(const Choice& a, const Choice& b)   whether `a` leaves before `b`, both for requests of the
///                                                          same direction; a strict order. Of a column and a row
///                                                          command that can leave in the same cycle the column command
///                                                          leaves
///
/// The controller asks it at each command, so it is chosen when the controller is compiled: there is one for each type
/// in this list.
using Schedulers = std::tuple<FrFcfs, Fcfs>;

}  // namespace anda::dram

#endif
