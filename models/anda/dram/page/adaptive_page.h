// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_PAGE_ADAPTIVE_PAGE_H
#define ANDA_DRAM_PAGE_ADAPTIVE_PAGE_H

#include <anda/dram/dram_config.h>
#include <anda/dram/request_queues.h>

namespace anda::dram {

/// The last waiting access to a row closes it if a request waits for another row of the bank.
struct AdaptivePage {
  static constexpr DramPagePolicy kind = DramPagePolicy::adaptive;

  static bool closes_after(const RequestQueues& queues, const Request& request) {
    return queues.others_want_bank(request) && !queues.others_want_row(request);
  }
};

}  // namespace anda::dram

#endif
