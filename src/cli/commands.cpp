// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

#include "cli/cache_command.h"
#include "cli/compare_command.h"
#include "cli/completion_command.h"
#include "cli/config_command.h"
#include "cli/evaluate_command.h"
#include "cli/formats_command.h"
#include "cli/glossary_command.h"
#include "cli/man_command.h"
#include "cli/models_command.h"
#include "cli/profile_command.h"
#include "cli/registers_command.h"
#include "cli/run_command.h"
#include "cli/search_command.h"
#include "cli/serve_command.h"
#include "cli/trace_command.h"

namespace anda::sim {

const std::vector<Command>& commands() {
  static const std::vector<Command> table = {
      {"run", "simulate a configuration and report cycles, energy and area", run_command, run_help},
      {"compare", "compare systems on a list of models", compare_command, compare_help},
      {"search", "find the mantissa lengths of lowest cost within an accuracy loss", search_command, search_help},
      {"serve", "serve requests on one or more accelerators", serve_command, serve_help},
      {"profile", "write times of operations for simulators of serving", profile_command, profile_help},
      {"cache", "manage the stored results of simulated GeMMs", cache_command, cache_help},
      {"config", "print the effective configuration, or check one", config_command, config_help},
      {"trace", "write the GeMMs of a language model as a trace", trace_command, trace_help},
      {"models", "print models with their shapes and parameter counts", models_command, models_help},
      {"evaluate", "measure the perplexity of a model with Anda activations", evaluate_command, evaluate_help},
      {"formats", "list operand formats with their bits and errors", formats_command, formats_help},
      {"glossary", "print the meaning of every number in the reports", glossary_command, glossary_help},
      {"registers", "print the registers and descriptors visible to software", registers_command, registers_help},
      {"completion", "print shell completions", completion_command, completion_help},
      {"man", "print a manual page", man_command, man_help},
  };
  return table;
}

void print_overview(std::ostream& out) {
  out << "Usage: anda-sim COMMAND [arguments]\n\nSimulates the Anda LLM accelerator and its baselines.\n\nCommands:\n";
  for (const Command& command : commands()) {
    out << "  " << command.name << std::string(12 - std::string(command.name).size(), ' ') << command.meaning << "\n";
  }
  out << "\n"
         "See anda-sim help COMMAND for the options of a command.\n"
         "--color auto, always or never, before or after any command: colours on the\n"
         "terminal; auto heeds NO_COLOR.\n"
         "Exit status: 0 success, 1 the run failed, 2 the input is invalid.\n"
         "anda-sim --version prints the version.\n";
}

}  // namespace anda::sim
