// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ENGINE_LEVEL_H
#define ANDA_ENGINE_LEVEL_H

#include <anda/base/describe.h>

namespace anda {

/// Timing detail of the accelerator; each level has its own engine.
enum class Level {
  fast,  ///< FastEngine: closed form per output tile
  cycle  ///< CycleEngine: every block advances clock by clock
};

inline constexpr ChoiceTable<Level, 2> levels{{{"fast", Level::fast}, {"cycle", Level::cycle}}};

}  // namespace anda

#endif
