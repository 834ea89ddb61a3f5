// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ENERGY_TECHNOLOGY_16NM_H
#define ANDA_ENERGY_TECHNOLOGY_16NM_H

#include <anda/energy/technology.h>

namespace anda {

/// The published figures of the machine at 16 nm and 0.8 V, each with its source: configs/technology/16nm.yaml, out of
/// which the build makes this function. What anda-sim takes if its configuration names no other.
Technology technology_16nm();

}  // namespace anda

#endif
