// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

#include "cli/cache_command.h"
#include "cli/compare_command.h"
#include "cli/completion_command.h"
#include "cli/config_command.h"
#include "cli/evaluate_command.h"
#include "cli/glossary_command.h"
#include "cli/man_command.h"
#include "cli/models_command.h"
#include "cli/registers_command.h"
#include "cli/run_command.h"
#include "cli/search_command.h"
#include "cli/trace_command.h"

namespace anda::sim {

const std::vector<Command>& commands() {
  static const std::vector<Command> table = {
      {"run", "simulate a configuration and report cycles, energy and area", run_command, run_help},
      {"compare", "set systems against each other on a list of models", compare_command, compare_help},
      {"search", "find mantissa lengths that cost least within a loss of accuracy", search_command, search_help},
      {"cache", "look after the results of simulated GeMMs that are kept", cache_command, cache_help},
      {"config", "print the effective configuration, or check one", config_command, config_help},
      {"trace", "write the GeMMs of a language model as a trace", trace_command, trace_help},
      {"models", "print models with their shapes and numbers of parameters", models_command, models_help},
      {"evaluate", "measure the perplexity of a model with Anda activations", evaluate_command, evaluate_help},
      {"glossary", "print what each number of the reports means", glossary_command, glossary_help},
      {"registers", "print the registers and descriptors that software sees", registers_command, registers_help},
      {"completion", "print the completions of a shell", completion_command, completion_help},
      {"man", "print a manual page", man_command, man_help},
  };
  return table;
}

void print_overview(std::ostream& out) {
  out << "Usage: anda-sim COMMAND [arguments]\n\nSimulates the Anda LLM accelerator and its baselines.\n\nCommands:\n";
  for (const Command& command : commands()) {
    out << "  " << command.name << std::string(12 - std::string(command.name).size(), ' ') << command.meaning << "\n";
  }
  out << "\nanda-sim help COMMAND tells more.\n"
         "Exit status: 0 done, 1 the run failed, 2 the input is wrong.\n"
         "anda-sim --version prints the version.\n";
}

}  // namespace anda::sim
