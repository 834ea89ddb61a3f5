// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CLI_SERVE_COMMAND_H
#define ANDA_SIM_CLI_SERVE_COMMAND_H

#include <ostream>
#include <string>
#include <vector>

#include "cli/command_line.h"

namespace anda::sim {

CommandHelp serve_help();

/// `anda-sim serve CONFIG`. `args` are those after the command's name. Returns the exit status; throws Error.
int serve_command(const std::vector<std::string>& args, std::ostream& out);

}  // namespace anda::sim

#endif
