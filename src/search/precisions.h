// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SEARCH_PRECISIONS_H
#define ANDA_SIM_SEARCH_PRECISIONS_H

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "config/run_config.h"
#include "search/evaluator.h"

namespace anda::sim {

/// "[7, 5, 6, 6]", the configuration's short form.
std::string combination_text(const Combination& combination);

/// The combination, followed by "A_q 6, K 4" for the given attention lengths and "; from 512 [5, 5, 5, 5]" for each
/// entry of the schedule.
std::string lengths_text(const Precisions& precisions);

/// Treats precisions with the same meaning as equal; identical layers mean the same as no layers.
struct PrecisionsOrder {
  bool operator()(const Precisions& a, const Precisions& b) const;
};

/// The precision section of a run with these mantissa lengths. The width of weights, the format of outputs, tensors of
/// other names and attention lengths that are not given are taken from `base`.
PrecisionConfig precision_config(const PrecisionConfig& base, const Precisions& precisions);

/// The same for a whole configuration: also sets the bits of keys and values.
void set_precisions(RunConfig& config, const RunConfig& base, const Precisions& precisions);

/// {"combination": [7, 5, 6, 6]}, with "layers": [[7, 5, 6, 6], …] if single layers differ, "attention": {"A_q": 6, …}
/// with the given attention lengths, and "schedule": {"512": {"combination": …}} if there is one.
nlohmann::ordered_json precisions_json(const Precisions& precisions);

/// The inverse of precisions_json(); nothing if the object holds anything other than lengths of 1 … 16 under these
/// names (2 … 16 for K and V).
std::optional<Precisions> precisions_of(const nlohmann::ordered_json& object);

}  // namespace anda::sim

#endif
