// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CLI_COMPLETION_COMMAND_H
#define ANDA_SIM_CLI_COMPLETION_COMMAND_H

#include <ostream>
#include <string>
#include <vector>

#include "cli/command_line.h"

namespace anda::sim {

/// What `anda-sim completion --help` prints.
CommandHelp completion_help();

/// `anda-sim completion bash|zsh|fish`: prints a script that completes commands, options and files in that shell,
/// generated from the tables of commands and options. Returns the exit status; throws anda::Error (input) for wrong
/// arguments.
int completion_command(const std::vector<std::string>& args, std::ostream& out);

}  // namespace anda::sim

#endif
