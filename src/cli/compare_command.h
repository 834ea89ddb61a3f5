// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CLI_COMPARE_COMMAND_H
#define ANDA_SIM_CLI_COMPARE_COMMAND_H

#include <ostream>
#include <string>
#include <vector>

#include "cli/command_line.h"

namespace anda::sim {

/// What `anda-sim compare --help` prints.
CommandHelp compare_help();

/// `anda-sim compare`: runs systems on models concurrently, each in its own process, and compares them. `args` are
/// those after the command's name. Returns the exit status; throws anda::Error.
int compare_command(const std::vector<std::string>& args, std::ostream& out);

}  // namespace anda::sim

#endif
