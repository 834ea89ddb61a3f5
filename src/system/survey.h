// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_SURVEY_H
#define ANDA_SIM_SYSTEM_SURVEY_H

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/run_config.h"
#include "workload/gemm.h"
#include "workload/model_shape.h"

namespace anda::sim {

/// Opens a configuration's workload, from its first operation. Throws Error (input) if it has none.
std::unique_ptr<GemmSource> open_workload(const RunConfig& config);

/// Returns the shape of a workload that is a model.
ModelShape shape_of(const WorkloadConfig& workload);

/// Findings from a pass over the whole workload.
struct Survey {
  std::uint64_t gemms = 0;         ///< rows
  double macs = 0;                 ///< multiply-accumulates, including repetitions
  std::string sha256;              ///< hash of the rows in order, each with the columns of a trace
  std::vector<std::string> notes;  ///< notes on what the user may not expect
};

/// Reads the whole workload and compiles every GeMM for every system, so that problems surface before a simulation
/// starts. Throws Error (input) for the first problem, and Error (run) when `go_on` returns false.
Survey survey(const RunConfig& config, const std::function<bool()>& go_on);

}  // namespace anda::sim

#endif
