// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CLI_MAN_COMMAND_H
#define ANDA_SIM_CLI_MAN_COMMAND_H

#include <ostream>
#include <string>
#include <vector>

#include "cli/command_line.h"

namespace anda::sim {

/// What `anda-sim man --help` prints.
CommandHelp man_help();

/// `anda-sim man [COMMAND]`: prints the manual page anda-sim(1), or anda-sim-COMMAND(1), for man and troff. Returns the
/// exit status; throws anda::Error (input) for wrong arguments.
int man_command(const std::vector<std::string>& args, std::ostream& out);

}  // namespace anda::sim

#endif
