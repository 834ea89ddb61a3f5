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

/// The evaluator that a command line asks for.
struct EvaluatorChoice {
  std::string identity;  ///< in logs and reports: evaluations of another identity are not comparable
  /// Makes it, once it is needed. `go_on`, asked several times a second, ends an evaluation by returning false.
  std::function<std::unique_ptr<Evaluator>(std::function<bool()> go_on)> make;
};

/// The options that choose_evaluator() reads.
void add_evaluator_options(boost::program_options::options_description& options);

/// The folder of the model that the built-in evaluator shall run; empty with another evaluator. Refuses a command line
/// that chooses none, or both.
std::string model_folder(const CommandLine& options);

/// The built-in one rounds to the group size and the weights of `config`. Throws Error (input) for files that cannot be
/// read.
EvaluatorChoice choose_evaluator(const CommandLine& options, const RunConfig& config);

}  // namespace anda::sim

#endif
