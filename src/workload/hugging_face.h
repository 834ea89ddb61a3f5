// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_HUGGING_FACE_H
#define ANDA_SIM_WORKLOAD_HUGGING_FACE_H

#include <string>

#include "workload/model_shape.h"

namespace anda::sim {

/// The shape of a model from its Hugging Face config.json. Model types: opt, llama, mistral, qwen2.
/// Throws anda::Error (input) with file and key.
ModelShape read_hugging_face_config(const std::string& path);

}  // namespace anda::sim

#endif
