// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CLI_GLOSSARY_COMMAND_H
#define ANDA_SIM_CLI_GLOSSARY_COMMAND_H

#include <ostream>
#include <string>
#include <vector>

#include "cli/command_line.h"

namespace anda::sim {

/// What `anda-sim glossary --help` prints.
CommandHelp glossary_help();

/// `anda-sim glossary`: prints the page. `args` are those after the command's name. Returns the exit status; throws
/// anda::Error (input) for wrong arguments.
int glossary_command(const std::vector<std::string>& args, std::ostream& out);

}  // namespace anda::sim

#endif
