// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_PAGE_CLOSED_PAGE_H
#define ANDA_DRAM_PAGE_CLOSED_PAGE_H

#include <anda/dram/dram_config.h>
#include <anda/dram/request_queues.h>

namespace anda::dram {

/// The last waiting access to a row closes it.
struct ClosedPage {
  static constexpr DramPagePolicy kind = DramPagePolicy::closed;

  static bool closes_after(const RequestQueues& queues, const Request& request) {
    return !queues.others_want_row(request);
  }
};

}  // namespace anda::dram

#endif
