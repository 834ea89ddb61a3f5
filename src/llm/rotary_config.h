// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_LLM_ROTARY_CONFIG_H
#define ANDA_SIM_LLM_ROTARY_CONFIG_H

#include "files/json_file.h"
#include "llm/layer_math.h"

namespace anda::sim {

/// Reads base and scaling of rotary embeddings (rope_theta, rope_scaling, rope_parameters) from a config.json. `theta`
/// keeps its value where the file says nothing. Throws Error (input) with file and key, also for a scaling other than
/// linear and that of LLaMA 3.
void read_rotary(const JsonFile& file, double& theta, RotaryScaling& scaling);

/// The same of families whose layers with a window have a base of their own: at rope_local_base_freq, or both by kind
/// of layer at rope_parameters.
void read_rotary_by_layer(const JsonFile& file, double& theta, RotaryScaling& scaling, double& window_theta);

}  // namespace anda::sim

#endif
