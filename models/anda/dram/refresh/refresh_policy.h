// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_REFRESH_REFRESH_POLICY_H
#define ANDA_DRAM_REFRESH_REFRESH_POLICY_H

#include <tuple>

#include <anda/dram/refresh/all_bank_refresh.h>
#include <anda/dram/refresh/no_refresh.h>
#include <anda/dram/refresh/per_bank_refresh.h>

namespace anda::dram {

/// The slot for refresh: when which banks are refreshed. A refresh policy is a type with state, copied with its
/// channel, that has
///
///   static constexpr DramRefresh kind           its word in the configuration
///   T(const ChannelRules&, ChannelIndex)
///   Cycle due() const                           the cycle from which on it has something to decide; `never`: nothing
///   bool decide(const ChannelState&, Cycle)     decides at a cycle that is not before due(); every command and arrival
///                                               before that cycle has had its effect, none after it. False: not now,
///                                               ask again at the next event
///   bool pending(const ChannelState&) const     a refresh waits to be done
///   BankSet held() const                        banks that only the refresh may use
///   Cycle last_activate() const                 the last cycle at which it makes sense to open a row
///   Choice next(const ChannelState&) const      if one is pending: the refresh's next command (a precharge or the
///                                               refresh) and when it can leave
///   void refreshed(Command)                     its refresh command has left
///   std::uint64_t skip(Cycle until)             refreshes that a channel with closed banks and without requests can do
///                                               before a cycle and that need not be simulated one by one
///   static constexpr bool regular               at rest, all that it will do follows from due(), and it comes again
///                                               once in tREFI, or never
///   void restart(Cycle due)                     starts at rest, if it is regular
///
/// What it decides must depend on the past alone: a channel that is run up to an arrival and then told of it goes on as
/// one that knew of it from the start. There is one controller for each type in this list.
using RefreshPolicies = std::tuple<AllBankRefresh, PerBankRefresh, NoRefresh>;

}  // namespace anda::dram

#endif
