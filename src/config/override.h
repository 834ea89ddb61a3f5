// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_OVERRIDE_H
#define ANDA_SIM_CONFIG_OVERRIDE_H

#include <string>

#include "config/input_problems.h"
#include "config/tree.h"

namespace anda::sim {

/// Parses "a.b=c" into the tree {a: {b: c}}, with c read as YAML; every place in it is "--set a.b=c".
Tree parse_override(const std::string& text, InputProblems& problems);

}  // namespace anda::sim

#endif
