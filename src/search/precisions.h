// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SEARCH_PRECISIONS_H
#define ANDA_SIM_SEARCH_PRECISIONS_H

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "config/precision_config.h"
#include "search/evaluator.h"

namespace anda::sim {

/// "[7, 5, 6, 6]", as the configuration's short form.
std::string combination_text(const Combination& combination);

/// Equal for precisions that mean the same; layers that are all alike mean the same as none.
struct PrecisionsOrder {
  bool operator()(const Precisions& a, const Precisions& b) const;
};

/// The precision section of a run with these mantissa lengths; width of weights, format of outputs and tensors of
/// other names are as in `base`.
PrecisionConfig precision_config(const PrecisionConfig& base, const Precisions& precisions);

/// The lengths of a precision section in a model of `layers` layers. Throws Error (input) if it names other layers.
Precisions precisions_of(const PrecisionConfig& config, std::size_t layers);

/// {"combination": [7, 5, 6, 6]}, with "layers": [[7, 5, 6, 6], …] if single layers differ.
nlohmann::ordered_json precisions_json(const Precisions& precisions);

/// The inverse; nothing if the object holds anything but mantissa lengths of 1 … 16 under these names.
std::optional<Precisions> precisions_of(const nlohmann::ordered_json& object);

}  // namespace anda::sim

#endif
