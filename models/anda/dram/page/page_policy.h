// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_PAGE_PAGE_POLICY_H
#define ANDA_DRAM_PAGE_PAGE_POLICY_H

#include <tuple>

#include <anda/dram/page/adaptive_page.h>
#include <anda/dram/page/closed_page.h>
#include <anda/dram/page/open_page.h>

namespace anda::dram {

/// Extension point for page policies, which decide whether an access closes its row. A page policy is a stateless type
/// with
///
///   static constexpr DramPagePolicy kind                   its configuration word
///   static bool closes_after(const RequestQueues& queues, const Request& request)
///                                                          whether the access, which is still in its queue, is
///                                                          issued with auto-precharge
///
/// A row left open is closed when the scheduler selects another row of the bank, or by refresh. The controller calls
/// the policy at each access, so a separate controller is compiled for each type in this list.
using PagePolicies = std::tuple<OpenPage, ClosedPage, AdaptivePage>;

}  // namespace anda::dram

#endif
