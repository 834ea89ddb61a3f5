// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_SIDE_BY_SIDE_H
#define ANDA_SIM_SYSTEM_SIDE_BY_SIDE_H

#include <cstddef>
#include <string>

#include "system/op_spool.h"
#include "system/simulation.h"

namespace anda::sim {

/// As simulate(), whose results and files are the same, with the records in `ops`; the systems do not influence each
/// other, so each is simulated in a process of its own, `at_once` at a time. If several fail, the error is that of the
/// first in the configuration's list. What one kernel has to write stays in this process: waveforms, a timeline,
/// request traces, tensors. `cache`: the folder of a GemmStore, empty for none.
SimulationResult simulate_side_by_side(const RunConfig& config, const SourceOpener& open_source, double total_macs,
                                       OpSpools& ops, const Progress& progress, FileSet& files, TensorDump* dump,
                                       std::size_t at_once, const std::string& cache = "");

}  // namespace anda::sim

#endif
