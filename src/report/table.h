// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_TABLE_H
#define ANDA_SIM_REPORT_TABLE_H

#include <ostream>

#include "report/evaluation.h"
#include "report/run_info.h"

namespace anda::sim {

/// Which tables to print.
enum class Tables {
  summary,  ///< a row for each system, its data errors, and the systems compared with the baseline
  details   ///< also time and stalls, memory and energy by tensor type, power and area by block
};

/// Prints tables for readers, in UTF-8; if `out` is a terminal, no wider than it.
void print_tables(std::ostream& out, const RunInfo& info, const Evaluation& evaluation, Tables which);

}  // namespace anda::sim

#endif
