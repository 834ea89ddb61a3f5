// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_REGISTER_PAGE_H
#define ANDA_SIM_REPORT_REGISTER_PAGE_H

#include <string>
#include <vector>

#include "system/op_record.h"

namespace anda::sim {

/// docs/registers.md: registers, counters, descriptors and errors, from the tables of anda/control/register_map.h.
/// `counters`: of an accelerator, whose meanings the counter registers take over.
std::string register_page(const std::vector<CounterColumn>& counters);

}  // namespace anda::sim

#endif
