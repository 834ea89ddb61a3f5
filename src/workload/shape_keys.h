// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_SHAPE_KEYS_H
#define ANDA_SIM_WORKLOAD_SHAPE_KEYS_H

#include "files/json_file.h"

namespace anda::sim {

/// Throws Error (input) for a key of a model's config.json that gives the model other GeMMs than those of a dense
/// decoder (experts, latent attention, several parts …), whatever model_type says; the model would be taken for
/// another. Values that switch such a thing off (null, false, 0, one expert, nothing in a list) are fine.
void refuse_other_shapes(const JsonFile& config);

}  // namespace anda::sim

#endif
