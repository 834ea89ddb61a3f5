// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_LLM_PACKED_WEIGHTS_H
#define ANDA_SIM_LLM_PACKED_WEIGHTS_H

#include <cstddef>
#include <string>
#include <vector>

#include "llm/checkpoint.h"
#include "llm/quantisation.h"

namespace anda::sim {

/// Throws Error (input) if nothing is packed, though the settings say so.
void check_anything_packed(const Checkpoint& checkpoint, const Quantisation& quantisation);

/// Whether a layer's integers are in the checkpoint in that packing. Throws Error (input) for a layer that is there
/// packed and as numbers.
bool is_packed(const Checkpoint& checkpoint, const Quantisation& quantisation, const std::string& name);

/// The weights of a packed layer, (q − zero) · scale in FP32: [outputs × inputs]. Throws Error (input) naming file and
/// tensor for one that is missing, has another shape or type than the settings give it, or a group that isn't there.
std::vector<float> read_packed(const Checkpoint& checkpoint, const Quantisation& quantisation, const std::string& name,
                               std::size_t inputs, std::size_t outputs);

}  // namespace anda::sim

#endif
