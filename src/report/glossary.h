// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_GLOSSARY_H
#define ANDA_SIM_REPORT_GLOSSARY_H

#include <string>
#include <vector>

#include "system/op_record.h"

namespace anda::sim {

/// The counters of an accelerator with its memory. Makes SystemC modules, so not while a simulation runs.
std::vector<CounterColumn> machine_counters();

/// docs/glossary.md: every number of the reports with its unit, from the tables that write them.
std::string glossary_page(const std::vector<CounterColumn>& counters);

}  // namespace anda::sim

#endif
