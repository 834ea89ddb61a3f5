// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_CONTROLLER_FUNCTIONAL_OPTIONS_H
#define ANDA_CONTROLLER_FUNCTIONAL_OPTIONS_H

#include <anda/base/pe_kind.h>
#include <anda/numeric/accumulate.h>

namespace anda {

/// Whether the simulator computes the values of this element's results; the others have timing, energy and area only.
constexpr bool computes_values(PeKind kind) { return kind == PeKind::fp_fp || kind == PeKind::anda; }

/// Whether real data moves through the accelerator, or only sizes. Of no influence on time.
struct FunctionalOptions {
  bool enabled = false;
  DotFormat dot_format = DotFormat::fp16;
};

}  // namespace anda

#endif
