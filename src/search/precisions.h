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

/// "[7, 5, 6, 6]", as the configuration's short form.
std::string combination_text(const Combination& combination);

/// The combination, and "A_q 6, K 4" behind it for the attention's lengths that are given, and "; from 512 [5, 5, 5,
/// 5]" for each entry of the schedule.
std::string lengths_text(const Precisions& precisions);

/// Equal for precisions that mean the same; layers that are all alike mean the same as none.
struct PrecisionsOrder {
  bool operator()(const Precisions& a, const Precisions& b) const;
};

/// The precision section of a run with these mantissa lengths; width of weights, format of outputs, tensors of other
/// names and lengths of the attention that are not given are as in `base`.
PrecisionConfig precision_config(const PrecisionConfig& base, const Precisions& precisions);

/// The same for a whole configuration: keys and values have their bits from there, too.
void set_precisions(RunConfig& config, const RunConfig& base, const Precisions& precisions);

/// {"combination": [7, 5, 6, 6]}, with "layers": [[7, 5, 6, 6], …] if single layers differ, and "attention": {"A_q":
/// 6, …} with the lengths of the attention that are given, and "schedule": {"512": {"combination": …}} if there is one.
nlohmann::ordered_json precisions_json(const Precisions& precisions);

/// The inverse; nothing if the object holds anything but lengths of 1 … 16 under these names (2 … 16 of K and V).
std::optional<Precisions> precisions_of(const nlohmann::ordered_json& object);

}  // namespace anda::sim

#endif
