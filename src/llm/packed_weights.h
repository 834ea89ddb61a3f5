// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_LLM_PACKED_WEIGHTS_H
#define ANDA_SIM_LLM_PACKED_WEIGHTS_H

#include <cstddef>
#include <string>
#include <vector>

#include "llm/checkpoint.h"
#include "llm/quantisation.h"

namespace anda::sim {

/// Throws Error (input) if nothing is packed although the settings say so.
void check_anything_packed(const Checkpoint& checkpoint, const Quantisation& quantisation);

/// Whether the checkpoint holds a layer's integers in this packing. Throws Error (input) for a layer that is stored
/// both packed and as numbers.
bool is_packed(const Checkpoint& checkpoint, const Quantisation& quantisation, const std::string& name);

/// Reads the weights of a packed layer, (q − zero) · scale in FP32: [outputs × inputs]. Throws Error (input) with file
/// and tensor if a tensor is missing, its shape or type differs from the settings, or it refers to a group that does
/// not exist.
std::vector<float> read_packed(const Checkpoint& checkpoint, const Quantisation& quantisation, const std::string& name,
                               std::size_t inputs, std::size_t outputs);

}  // namespace anda::sim

#endif
