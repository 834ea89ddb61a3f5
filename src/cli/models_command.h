// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CLI_MODELS_COMMAND_H
#define ANDA_SIM_CLI_MODELS_COMMAND_H

#include <ostream>
#include <string>
#include <vector>

#include "cli/command_line.h"

namespace anda::sim {

/// What `anda-sim models --help` prints.
CommandHelp models_help();

/// `anda-sim models`: prints the built-in models, or the model of a config.json, with their shapes and parameters.
/// Returns the exit status; throws anda::Error (input) for wrong input.
int models_command(const std::vector<std::string>& args, std::ostream& out);

}  // namespace anda::sim

#endif
