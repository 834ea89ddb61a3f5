// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_REGISTER_PAGE_H
#define ANDA_SIM_REPORT_REGISTER_PAGE_H

#include <string>
#include <vector>

#include "system/op_record.h"

namespace anda::sim {

/// Text of docs/registers.md: registers, counters, descriptors and errors, from the tables of
/// anda/control/register_map.h. `counters` are those of an accelerator; the counter registers have the same meanings.
std::string register_page(const std::vector<CounterColumn>& counters);

}  // namespace anda::sim

#endif
