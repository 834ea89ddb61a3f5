// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CLI_PROFILE_COMMAND_H
#define ANDA_SIM_CLI_PROFILE_COMMAND_H

#include <ostream>
#include <string>
#include <vector>

#include "cli/command_line.h"

namespace anda::sim {

CommandHelp profile_help();

/// `anda-sim profile`: writes operation times in the file layouts of serving simulators. `args` are those after the
/// command's name. Returns the exit status; throws anda::Error.
int profile_command(const std::vector<std::string>& args, std::ostream& out);

}  // namespace anda::sim

#endif
