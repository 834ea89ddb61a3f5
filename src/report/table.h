// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_TABLE_H
#define ANDA_SIM_REPORT_TABLE_H

#include <ostream>

#include "report/evaluation.h"
#include "report/run_info.h"

namespace anda::sim {

/// Which tables are printed.
enum class Tables {
  summary,  ///< a row for each system, what happened to its data, and the systems against the baseline
  details   ///< then time and stalls, memory and energy by tensor type, power and area by block
};

/// Prints tables for people, in UTF-8, no wider than the terminal that `out` is.
void print_tables(std::ostream& out, const RunInfo& info, const Evaluation& evaluation, Tables which);

}  // namespace anda::sim

#endif
