// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_LLM_ROTARY_CONFIG_H
#define ANDA_SIM_LLM_ROTARY_CONFIG_H

#include "files/json_file.h"
#include "llm/layer_math.h"

namespace anda::sim {

/// Reads base and scaling of rotary embeddings (rope_theta, rope_scaling, rope_parameters) from a config.json. `theta`
/// keeps its value if the file gives none. Throws Error (input) with file and key, including for scalings other than
/// linear and LLaMA 3's.
void read_rotary(const JsonFile& file, double& theta, RotaryScaling& scaling);

/// The same for families whose layers with a window have their own base: in rope_local_base_freq, or both bases by kind
/// of layer in rope_parameters.
void read_rotary_by_layer(const JsonFile& file, double& theta, RotaryScaling& scaling, double& window_theta);

}  // namespace anda::sim

#endif
