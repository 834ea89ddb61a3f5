// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_TABLE_H
#define ANDA_SIM_REPORT_TABLE_H

#include <ostream>

#include "report/evaluation.h"
#include "report/run_info.h"

namespace anda::sim {

/// Prints the tables for people: time and stalls, memory and energy, power, area, and the systems against the
/// baseline. UTF-8 of at most 120 columns.
void print_tables(std::ostream& out, const RunInfo& info, const Evaluation& evaluation);

}  // namespace anda::sim

#endif
