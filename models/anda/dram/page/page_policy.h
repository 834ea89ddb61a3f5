// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_PAGE_PAGE_POLICY_H
#define ANDA_DRAM_PAGE_PAGE_POLICY_H

#include <tuple>

#include <anda/dram/page/adaptive_page.h>
#include <anda/dram/page/closed_page.h>
#include <anda/dram/page/open_page.h>

namespace anda::dram {

/// The slot for page policies: whether an access closes its row. A page policy is a type without state that has
///
///   static constexpr DramPagePolicy kind                   its word in the configuration
///   static bool closes_after(const RequestQueues& queues, const Request& request)
///                                                          whether the access, which is still in its queue, leaves
///                                                          with auto-precharge
///
/// A row that is left open is closed when the scheduler turns to another row of the bank, and by refresh. The
/// controller asks at each access, so there is one controller for each type in this list.
using PagePolicies = std::tuple<OpenPage, ClosedPage, AdaptivePage>;

}  // namespace anda::dram

#endif
