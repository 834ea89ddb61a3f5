// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_SIDE_BY_SIDE_H
#define ANDA_SIM_SYSTEM_SIDE_BY_SIDE_H

#include <cstddef>
#include <string>

#include "system/op_spool.h"
#include "system/simulation.h"

namespace anda::sim {

/// Does the same as simulate(), with the same results and files, and with the records in `ops`. The systems are
/// independent, so each is simulated in its own process, `at_once` at a time. If several fail, throws the error of the
/// first in the configuration's list. Outputs that need a single kernel stay in this process: waveforms, a timeline,
/// request traces, tensors. `cache`: the folder of a GemmStore; empty: none.
SimulationResult simulate_side_by_side(const RunConfig& config, const SourceOpener& open_source, double total_macs,
                                       OpSpools& ops, const Progress& progress, FileSet& files, TensorDump* dump,
                                       std::size_t at_once, const std::string& cache = "");

}  // namespace anda::sim

#endif
