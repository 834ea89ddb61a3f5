// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_SCHEDULER_SCHEDULER_H
#define ANDA_DRAM_SCHEDULER_SCHEDULER_H

#include <tuple>

#include <anda/dram/scheduler/fcfs.h>
#include <anda/dram/scheduler/fr_fcfs.h>

namespace anda::dram {

/// Extension point for schedulers, which select the next request. A scheduler is a stateless type with
///
///   static constexpr DramScheduler kind                    its configuration word
///   static Entry of_open_row(const BankQueue& queue)       the request of a bank and direction that may use the open
///                                                          row and is for that row; no_entry: the bank opens the row
///                                                          of its first request. May depend only on `first` and `hit`
///   static bool before(const Choice& a, const Choice& b)   whether `a` is issued before `b`, both for requests of the
///                                                          same direction; a strict order. If a column and a row
///                                                          command can be issued in the same cycle, the column command
///                                                          is issued
///
/// The controller calls it for each command, so it is selected at compile time: a separate controller is compiled for
/// each type in this list.
using Schedulers = std::tuple<FrFcfs, Fcfs>;

}  // namespace anda::dram

#endif
