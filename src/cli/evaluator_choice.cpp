// SPDX-License-Identifier: Apache-2.0
#include "cli/evaluator_choice.h"

#include <fmt/format.h>

#include "config/scalar.h"
#include "search/command_evaluator.h"
#include "text/text.h"

namespace anda::sim {
namespace {

namespace po = boost::program_options;

constexpr double default_timeout_s = 3600;
constexpr double longest_timeout_s = 1e7;

double timeout_of(const CommandLine& options) {
  if (!options.has("evaluator-timeout")) return default_timeout_s;
  const std::string text = options.text("evaluator-timeout");
  double seconds = 0;
  if (parse_number(text, seconds) != NumberSyntax::good || seconds <= 0 || seconds > longest_timeout_s) {
    options.refuse(fmt::format("option --evaluator-timeout is {}; must be seconds, more than 0 and at most {}",
                               shown(text), longest_timeout_s));
  }
  return seconds;
}

}  // namespace

void add_evaluator_options(po::options_description& options) {
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  options.add_options()  //
      ("evaluator", text("COMMAND"),
       "a shell command that answers combinations with perplexities, see docs/search.md")  //
      ("evaluator-timeout", text("SECONDS"), "the longest it may take for an answer (3600)");
}

EvaluatorChoice choose_evaluator(const CommandLine& options) {
  const std::string command = options.text("evaluator");
  if (trimmed(command).empty()) options.refuse("needs --evaluator COMMAND");
  const double timeout_s = timeout_of(options);
  return {command, [command, timeout_s](std::function<bool()> go_on) {
            return std::make_unique<CommandEvaluator>(command, timeout_s, std::move(go_on));
          }};
}

}  // namespace anda::sim
