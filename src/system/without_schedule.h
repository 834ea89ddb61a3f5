// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_WITHOUT_SCHEDULE_H
#define ANDA_SIM_SYSTEM_WITHOUT_SCHEDULE_H

#include <string>
#include <vector>

#include "system/simulation.h"

namespace anda::sim {

/// Counts of a configuration's systems without precision.schedule: the same workload, simulated in a separate process.
/// `cache`: the folder of a GemmStore; empty: none. Throws Error as simulate() does.
std::vector<Counts> counts_without_schedule(const RunConfig& config, double total_macs, const Progress& progress,
                                            const std::string& cache);

}  // namespace anda::sim

#endif
