// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_INFERENCE_OPTIONS_H
#define ANDA_SIM_SYSTEM_INFERENCE_OPTIONS_H

#include "config/run_config.h"
#include "system/op_record.h"
#include "workload/inference.h"

namespace anda::sim {

/// What a configuration says of its inference; workload.scope is layer or model. Throws Error (input) for a file of
/// expert_load that is none.
InferenceOptions inference_options(const RunConfig& config);

/// How large it is, for the reports.
InferenceSize inference_size(const RunConfig& config);

/// Throws Error (input) with both numbers if weights and cache of the inference exceed external memory.
void check_capacity(const RunConfig& config, const ModelShape& shape, const InferenceOptions& options);

}  // namespace anda::sim

#endif
