// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CLI_COMMANDS_H
#define ANDA_SIM_CLI_COMMANDS_H

#include <ostream>
#include <string>
#include <vector>

#include "cli/command_line.h"

namespace anda::sim {

/// A command of anda-sim. Help, completions and manual pages are generated from this table and from each command's
/// table of options.
struct Command {
  const char* name;
  const char* meaning;
  int (*run)(const std::vector<std::string>& args, std::ostream& out);
  CommandHelp (*help)();
};

/// All commands, in the order of the help.
const std::vector<Command>& commands();

/// Prints `anda-sim --help`.
void print_overview(std::ostream& out);

}  // namespace anda::sim

#endif
