// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_EMBEDDED_TECHNOLOGY_H
#define ANDA_SIM_CONFIG_EMBEDDED_TECHNOLOGY_H

namespace anda::sim {

/// The text of configs/technology/16nm.yaml; the build makes its definition from the file.
extern const char* const embedded_technology;

}  // namespace anda::sim

#endif
