// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_DRAM_COLUMNS_H
#define ANDA_SIM_REPORT_DRAM_COLUMNS_H

#include <anda/dram/statistics.h>

#include <string>
#include <vector>

namespace anda::sim {

/// A figure derived from the detailed memory's statistics of a whole run, in addition to its counters: one table for
/// report.json and the glossary.
struct DramColumn {
  std::string key;  ///< in systems[].dram of report.json
  std::string unit;
  std::string meaning;
  double (*value)(const dram::Statistics& statistics, double ns_per_cycle);
};

const std::vector<DramColumn>& dram_columns();

}  // namespace anda::sim

#endif
