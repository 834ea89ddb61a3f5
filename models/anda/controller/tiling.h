// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_CONTROLLER_TILING_H
#define ANDA_CONTROLLER_TILING_H

#include <anda/base/describe.h>

namespace anda {

/// How a GeMM is cut into tiles.
enum class Tiling { paper, automatic };

inline constexpr ChoiceTable<Tiling, 2> tilings{{{"paper", Tiling::paper}, {"auto", Tiling::automatic}}};

}  // namespace anda

#endif
