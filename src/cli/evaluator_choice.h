// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CLI_EVALUATOR_CHOICE_H
#define ANDA_SIM_CLI_EVALUATOR_CHOICE_H

#include <boost/program_options.hpp>
#include <functional>
#include <memory>
#include <string>

#include "cli/command_line.h"
#include "config/run_config.h"
#include "search/evaluator.h"

namespace anda::sim {

/// The evaluator chosen on the command line.
struct EvaluatorChoice {
  std::string identity;  ///< for logs and reports: evaluations with another identity are not comparable
  /// Creates the evaluator when it is needed. `go_on`, polled several times a second, ends an evaluation by returning
  /// false.
  std::function<std::unique_ptr<Evaluator>(std::function<bool()> go_on)> make;
};

/// Adds the options that choose_evaluator() reads.
void add_evaluator_options(boost::program_options::options_description& options);

/// The model folder for the built-in evaluator; empty if another evaluator is chosen. Refuses a command line that
/// chooses neither or both.
std::string model_folder(const CommandLine& options);

/// Chooses the evaluator. The built-in one rounds to the group size and the weights of `config`. Throws Error (input)
/// for unreadable files.
EvaluatorChoice choose_evaluator(const CommandLine& options, const RunConfig& config);

}  // namespace anda::sim

#endif
