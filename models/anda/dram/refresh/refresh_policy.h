// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_REFRESH_REFRESH_POLICY_H
#define ANDA_DRAM_REFRESH_REFRESH_POLICY_H

#include <tuple>

#include <anda/dram/refresh/all_bank_refresh.h>
#include <anda/dram/refresh/no_refresh.h>
#include <anda/dram/refresh/per_bank_refresh.h>

namespace anda::dram {

/// Extension point for refresh policies, which decide when to refresh which banks. A refresh policy is a type with
/// state, copied with its channel, that has
///
///   static constexpr DramRefresh kind           its configuration word
///   T(const ChannelRules&, ChannelIndex)
///   Cycle due() const                           the first cycle at which it has something to decide; `never`: none
///   bool decide(const ChannelState&, Cycle)     decides at a cycle not before due(), at which all earlier commands and
///                                               arrivals have taken effect and no later ones. False: not now, ask
///                                               again at the next event
///   bool pending(const ChannelState&) const     whether a refresh waits to be issued
///   BankSet held() const                        banks that only the refresh may use
///   Cycle last_activate() const                 the last cycle at which opening a row is useful
///   Choice next(const ChannelState&) const      if one is pending: its next command (a precharge or the refresh) and
///                                               the earliest cycle to issue it
///   void refreshed(Command)                     called when its refresh command is issued
///   std::uint64_t skip(Cycle until)             for a channel with closed banks and without requests: skips the
///                                               refreshes before a cycle that need no simulation and returns their
///                                               number
///   static constexpr bool regular               whether at rest its future depends only on due(), and refreshes recur
///                                               every tREFI or never
///   void restart(Cycle due)                     restarts at rest; only if it is regular
///
/// Its decisions must depend only on the past: a channel that learns of an arrival when it has run up to it must
/// behave like one that knew of it from the start. A separate controller is compiled for each type in this list.
using RefreshPolicies = std::tuple<AllBankRefresh, PerBankRefresh, NoRefresh>;

}  // namespace anda::dram

#endif
