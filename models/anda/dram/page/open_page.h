// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_PAGE_OPEN_PAGE_H
#define ANDA_DRAM_PAGE_OPEN_PAGE_H

#include <anda/dram/dram_config.h>
#include <anda/dram/request_queues.h>

namespace anda::dram {

/// A row stays open until another one is needed.
struct OpenPage {
  static constexpr DramPagePolicy kind = DramPagePolicy::open;

  static bool closes_after(const RequestQueues&, const Request&) { return false; }
};

}  // namespace anda::dram

#endif
