// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CLI_TRACE_COMMAND_H
#define ANDA_SIM_CLI_TRACE_COMMAND_H

#include <ostream>
#include <string>
#include <vector>

#include "cli/command_line.h"

namespace anda::sim {

/// What `anda-sim trace --help` prints.
CommandHelp trace_help();

/// `anda-sim trace …`: writes the GeMM trace of a model or converts a trace. `args` are those after the command's name;
/// `out` is the standard output. Returns the exit status; throws anda::Error (input) for wrong options.
int trace_command(const std::vector<std::string>& args, std::ostream& out);

}  // namespace anda::sim

#endif
