// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CLI_ATTENTION_OPTIONS_H
#define ANDA_SIM_CLI_ATTENTION_OPTIONS_H

#include <boost/program_options.hpp>

#include "cli/command_line.h"
#include "search/builtin_evaluator.h"

namespace anda::sim {

/// Adds --keys, --values, --queries and --probabilities.
void add_attention_options(boost::program_options::options_description& options);

/// The formats these options choose; tensors without an option stay FP32.
AttentionFormats attention_formats(const CommandLine& options);

}  // namespace anda::sim

#endif
