// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ENGINE_LEVEL_H
#define ANDA_ENGINE_LEVEL_H

#include <anda/base/describe.h>

namespace anda {

/// How finely the accelerator models time; one engine each.
enum class Level {
  fast,  ///< FastEngine: closed forms for each output tile
  cycle  ///< CycleEngine: every block advances clock by clock
};

inline constexpr ChoiceTable<Level, 2> levels{{{"fast", Level::fast}, {"cycle", Level::cycle}}};

}  // namespace anda

#endif
