// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CLI_FORMATS_COMMAND_H
#define ANDA_SIM_CLI_FORMATS_COMMAND_H

#include <ostream>
#include <string>
#include <vector>

#include "cli/command_line.h"

namespace anda::sim {

/// What `anda-sim formats --help` prints.
CommandHelp formats_help();

/// `anda-sim formats`: lists operand formats with their bits, and measures their effect on the values of a file.
int formats_command(const std::vector<std::string>& args, std::ostream& out);

}  // namespace anda::sim

#endif
