// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SEARCH_OBJECTIVE_H
#define ANDA_SIM_SEARCH_OBJECTIVE_H

#include <anda/base/describe.h>

namespace anda::sim {

/// The quantity that a search minimises. edp: energy × time.
enum class Objective { bops, cycles, energy, edp };

inline constexpr ChoiceTable<Objective, 4> objectives{
    {{"bops", Objective::bops}, {"cycles", Objective::cycles}, {"energy", Objective::energy}, {"edp", Objective::edp}}};

}  // namespace anda::sim

#endif
