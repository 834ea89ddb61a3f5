// SPDX-License-Identifier: Apache-2.0
#include "cli/glossary_command.h"

#include "cli/command_line.h"
#include "report/glossary.h"

namespace anda::sim {

CommandHelp glossary_help() {
  boost::program_options::options_description description("options");
  description.add_options()                      //
      ("json", "print the same tables as JSON")  //
      ("help,h", "show this help");
  return {
      "usage: anda-sim glossary [--json]\n"
      "\n"
      "Prints the meaning and unit of every number in the reports\n"
      "(docs/glossary.md).\n"
      "\n",
      description, ""};
}

int glossary_command(const std::vector<std::string>& args, std::ostream& out) {
  const CommandHelp help = glossary_help();
  const CommandLine options("anda-sim glossary", help.options, args, {});
  if (options.has("help")) {
    print_help(out, help);
    return 0;
  }
  if (options.has("json")) {
    out << glossary_json(machine_counters()).dump(1) << "\n";
  } else {
    out << glossary_page(machine_counters());
  }
  return 0;
}

}  // namespace anda::sim
