// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CLI_SEARCH_COMMAND_H
#define ANDA_SIM_CLI_SEARCH_COMMAND_H

#include <ostream>
#include <string>
#include <vector>

#include "cli/command_line.h"

namespace anda::sim {

/// What `anda-sim search --help` prints.
CommandHelp search_help();

/// `anda-sim search`: searches for the cheapest mantissa lengths within a loss of accuracy. `args` are those after the
/// command's name. Returns the exit status, 1 if a tolerance was not met; throws anda::Error. Call at most once per
/// process, like run_command().
int search_command(const std::vector<std::string>& args, std::ostream& out);

}  // namespace anda::sim

#endif
