// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_HUGGING_FACE_H
#define ANDA_SIM_WORKLOAD_HUGGING_FACE_H

#include <string>
#include <vector>

#include "workload/model_shape.h"

namespace anda::sim {

/// Reads the shape of a model from its Hugging Face config.json. Throws anda::Error (input) with file and key, also for
/// content that is not understood: an unknown model_type, or a key that gives the model a shape unlike those of its
/// type.
ModelShape read_hugging_face_config(const std::string& path);

/// The supported model types (docs/traces.md).
std::vector<std::string> hugging_face_types();

}  // namespace anda::sim

#endif
