// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CLI_CONFIG_COMMAND_H
#define ANDA_SIM_CLI_CONFIG_COMMAND_H

#include <ostream>
#include <string>
#include <vector>

#include "cli/command_line.h"

namespace anda::sim {

/// What `anda-sim config --help` prints.
CommandHelp config_help();

/// `anda-sim config`: prints the effective configuration, checks a file or prints the reference page. `args` are those
/// after the command's name. Returns the exit status; throws anda::Error (input) for wrong input.
int config_command(const std::vector<std::string>& args, std::ostream& out);

}  // namespace anda::sim

#endif
