// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_ASSUMPTIONS_H
#define ANDA_SIM_REPORT_ASSUMPTIONS_H

#include <string>
#include <vector>

#include "report/run_info.h"
#include "system/op_record.h"

namespace anda::sim {

/// The modelling assumptions of the run, one sentence each.
std::vector<std::string> assumptions(const RunInfo& info, const SimulationResult& result);

}  // namespace anda::sim

#endif
