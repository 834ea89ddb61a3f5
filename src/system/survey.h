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

/// The operations of a configuration's workload, from the first again at each call. Throws Error (input) if there are
/// none.
std::unique_ptr<GemmSource> open_workload(const RunConfig& config);

/// The shape of a workload that is a model.
ModelShape shape_of(const WorkloadConfig& workload);

/// What a look through the whole workload shows.
struct Survey {
  std::uint64_t gemms = 0;         ///< rows
  double macs = 0;                 ///< multiply-accumulates, with repetitions
  std::string sha256;              ///< of the rows, one after another in the columns of a trace
  std::vector<std::string> notes;  ///< what the user may not expect
};

/// Reads the workload from end to end and compiles every GeMM for every system, so that whatever is wrong shows before
/// a simulation starts. Throws Error (input) for the first problem, and Error (run) when `go_on` returns false.
Survey survey(const RunConfig& config, const std::function<bool()>& go_on);

}  // namespace anda::sim

#endif
