// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_FUNCTIONAL_FUNCTIONAL_OPTIONS_H
#define ANDA_FUNCTIONAL_FUNCTIONAL_OPTIONS_H

#include <anda/numeric/rounding.h>

namespace anda {

/// Whether real data moves through the accelerator, or only sizes. Of no influence on time.
struct FunctionalOptions {
  bool enabled = false;
  DotFormat dot_format = DotFormat::fp16;
};

}  // namespace anda

#endif
