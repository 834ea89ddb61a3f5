// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_GLOSSARY_H
#define ANDA_SIM_REPORT_GLOSSARY_H

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "system/op_record.h"

namespace anda::sim {

/// The counters of an accelerator with its memory. Creates SystemC modules, so must not be called while a simulation
/// runs.
std::vector<CounterColumn> machine_counters();

/// Text of docs/glossary.md: every number of the reports with its unit, generated from the tables that write the
/// reports.
std::string glossary_page(const std::vector<CounterColumn>& counters);

/// The same tables for programs: "metrics", "ratios", "ops", "data", "actions", "detailed_actions" and "dram", each a
/// list of objects with `name`, `unit` and `meaning`. A metric also has `path` ("energy_pj.total", below systems[] of
/// report.json) and `scope` ("everywhere" or "system"); an op's column has `key`, its name in report.json.
nlohmann::ordered_json glossary_json(const std::vector<CounterColumn>& counters);

}  // namespace anda::sim

#endif
