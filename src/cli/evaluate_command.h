// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CLI_EVALUATE_COMMAND_H
#define ANDA_SIM_CLI_EVALUATE_COMMAND_H

#include <ostream>
#include <string>
#include <vector>

#include "cli/command_line.h"

namespace anda::sim {

/// What `anda-sim evaluate --help` prints.
CommandHelp evaluate_help();

/// `anda-sim evaluate …`: measures the perplexity of a language model with activations in Anda format. `args` are those
/// after the command's name; `out` is the standard output. Returns the exit status; throws Error.
int evaluate_command(const std::vector<std::string>& args, std::ostream& out);

}  // namespace anda::sim

#endif
