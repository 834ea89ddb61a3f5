// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_DEFAULT_TECHNOLOGY_H
#define ANDA_SIM_CONFIG_DEFAULT_TECHNOLOGY_H

#include <anda/energy/technology.h>

namespace anda::sim {

/// configs/technology/16nm.yaml, as it was when the program was built.
anda::Technology default_technology();

}  // namespace anda::sim

#endif
