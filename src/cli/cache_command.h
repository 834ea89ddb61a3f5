// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CLI_CACHE_COMMAND_H
#define ANDA_SIM_CLI_CACHE_COMMAND_H

#include <ostream>
#include <string>
#include <vector>

#include "cli/command_line.h"

namespace anda::sim {

/// What `anda-sim cache --help` prints.
CommandHelp cache_help();

/// `anda-sim cache`: lists, checks, limits or empties a folder of results that runs reuse.
int cache_command(const std::vector<std::string>& args, std::ostream& out);

}  // namespace anda::sim

#endif
