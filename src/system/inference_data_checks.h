// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_INFERENCE_DATA_CHECKS_H
#define ANDA_SIM_SYSTEM_INFERENCE_DATA_CHECKS_H

#include "system/compiler.h"
#include "workload/model_shape.h"

namespace anda::sim {

/// Throws Error (input) for a model that functional simulation cannot provide values for.
void check_model_data(const RunConfig& config, const ModelShape& shape);

/// Does the same for an operation on one of the systems.
void check_operation_data(const Gemm& gemm, const Work& work, const std::string& system,
                          const AcceleratorConfig& accelerator, const ModelShape& shape);

}  // namespace anda::sim

#endif
