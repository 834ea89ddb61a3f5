// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_YAML_FILE_H
#define ANDA_SIM_CONFIG_YAML_FILE_H

#include <anda/base/error.h>

#include <string>
#include <vector>

#include "config/input_problems.h"
#include "config/tree.h"

namespace anda::sim {

/// Where a file is named: place and dotted key; both are empty on the command line.
struct Mention {
  Place place;
  std::string key;
};

/// The maps of a file and of its base files (`base: other.yaml`), lowest first, without the key base. Empty, with a
/// problem added, if one of them cannot be read.
std::vector<Tree> read_yaml_layers(const std::string& path, const Mention& mention, InputProblems& problems);

/// The same for a text that stands for the file `name`.
std::vector<Tree> parse_yaml_layers(const std::string& text, const std::string& name, InputProblems& problems);

}  // namespace anda::sim

#endif
