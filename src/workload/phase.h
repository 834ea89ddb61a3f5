// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_PHASE_H
#define ANDA_SIM_WORKLOAD_PHASE_H

#include <anda/base/describe.h>

namespace anda::sim {

/// prefill: all tokens of the prompts at once; decode: one new token per sequence.
enum class Phase { prefill, decode };

inline constexpr ChoiceTable<Phase, 2> phases{{{"prefill", Phase::prefill}, {"decode", Phase::decode}}};

}  // namespace anda::sim

#endif
