// SPDX-License-Identifier: Apache-2.0
#include "cli/registers_command.h"

#include "cli/command_line.h"
#include "report/glossary.h"
#include "report/register_page.h"

namespace anda::sim {

int registers_command(const std::vector<std::string>& args, std::ostream& out) {
  boost::program_options::options_description description("options");
  description.add_options()("help,h", "print this");
  const CommandLine options("anda-sim registers", description, args, {});
  if (options.has("help")) {
    out << "usage: anda-sim registers\n\nPrints the registers and descriptors as software sees them "
           "(docs/registers.md).\n\n"
        << description;
    return 0;
  }
  out << register_page(machine_counters());
  return 0;
}

}  // namespace anda::sim
