// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CLI_MODEL_OPTIONS_H
#define ANDA_SIM_CLI_MODEL_OPTIONS_H

#include <boost/program_options.hpp>
#include <string>

#include "cli/command_line.h"
#include "search/builtin_evaluator.h"

namespace anda::sim {

/// Adds the options of every command that runs a language model: tokens, windows, treatment of weights, threads.
void add_model_options(boost::program_options::options_description& options);

/// The settings these options give for the model in `folder`; formats keep their defaults.
BuiltinEvaluatorConfig model_config(const CommandLine& options, const std::string& folder);

}  // namespace anda::sim

#endif
