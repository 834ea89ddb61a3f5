// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_HUGGING_FACE_H
#define ANDA_SIM_WORKLOAD_HUGGING_FACE_H

#include <string>
#include <vector>

#include "workload/model_shape.h"

namespace anda::sim {

/// The shape of a model from its Hugging Face config.json. Throws anda::Error (input) with file and key, also for
/// what is not understood: another model_type, a key that gives the model other shapes than those of its type.
ModelShape read_hugging_face_config(const std::string& path);

/// The model types that are read (docs/traces.md).
std::vector<std::string> hugging_face_types();

}  // namespace anda::sim

#endif
