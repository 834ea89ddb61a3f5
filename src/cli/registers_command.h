// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CLI_REGISTERS_COMMAND_H
#define ANDA_SIM_CLI_REGISTERS_COMMAND_H

#include <ostream>
#include <string>
#include <vector>

#include "cli/command_line.h"

namespace anda::sim {

/// What `anda-sim registers --help` prints.
CommandHelp registers_help();

/// `anda-sim registers`: prints the page. `args` are those after the command's name. Returns the exit status; throws
/// anda::Error (input) for wrong arguments.
int registers_command(const std::vector<std::string>& args, std::ostream& out);

}  // namespace anda::sim

#endif
