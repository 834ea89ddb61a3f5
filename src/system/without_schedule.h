// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_WITHOUT_SCHEDULE_H
#define ANDA_SIM_SYSTEM_WITHOUT_SCHEDULE_H

#include <string>
#include <vector>

#include "system/simulation.h"

namespace anda::sim {

/// What the systems of a configuration count with the lengths of precision.schedule left out: the same workload, in a
/// process of its own. `cache`: the folder of a GemmStore, empty for none. Throws Error as simulate() does.
std::vector<Counts> counts_without_schedule(const RunConfig& config, double total_macs, const Progress& progress,
                                            const std::string& cache);

}  // namespace anda::sim

#endif
