// SPDX-License-Identifier: Apache-2.0
#include "cli/registers_command.h"

#include "cli/command_line.h"
#include "report/glossary.h"
#include "report/register_page.h"

namespace anda::sim {

CommandHelp registers_help() {
  boost::program_options::options_description description("options");
  description.add_options()("help,h", "show this help");
  return {
      "usage: anda-sim registers\n"
      "\n"
      "Prints the registers and descriptors visible to software\n"
      "(docs/registers.md).\n"
      "\n",
      description, ""};
}

int registers_command(const std::vector<std::string>& args, std::ostream& out) {
  const CommandHelp help = registers_help();
  const CommandLine options("anda-sim registers", help.options, args, {});
  if (options.has("help")) {
    print_help(out, help);
    return 0;
  }
  out << register_page(machine_counters());
  return 0;
}

}  // namespace anda::sim
