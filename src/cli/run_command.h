// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CLI_RUN_COMMAND_H
#define ANDA_SIM_CLI_RUN_COMMAND_H

#include <ostream>
#include <string>
#include <vector>

#include "cli/command_line.h"

namespace anda::sim {

/// What `anda-sim run --help` prints.
CommandHelp run_help();

/// `anda-sim run`: simulates a configuration's systems and reports on them. `args` are those after the command's name.
/// Returns the exit status; throws anda::Error. Call at most once per process, since the SystemC kernel elaborates only
/// once.
int run_command(const std::vector<std::string>& args, std::ostream& out);

}  // namespace anda::sim

#endif
