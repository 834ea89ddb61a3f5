// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_SHAPE_KEYS_H
#define ANDA_SIM_WORKLOAD_SHAPE_KEYS_H

#include <string_view>
#include <vector>

#include "files/json_file.h"

namespace anda::sim {

/// Throws Error (input) for a key of a model's config.json that gives the model a shape unlike those of its type
/// (experts, latent attention, several parts …), because the model would be misread. `understood`: the keys that are
/// read. Values that switch such a feature off (null, false, 0, one expert, an empty list) are accepted.
void refuse_other_shapes(const JsonFile& config, std::string_view type,
                         const std::vector<std::string_view>& understood);

}  // namespace anda::sim

#endif
