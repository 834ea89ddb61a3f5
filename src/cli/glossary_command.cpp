// SPDX-License-Identifier: Apache-2.0
#include "cli/glossary_command.h"

#include "cli/command_line.h"
#include "report/glossary.h"

namespace anda::sim {

int glossary_command(const std::vector<std::string>& args, std::ostream& out) {
  boost::program_options::options_description description("options");
  description.add_options()                                    //
      ("json", "print the same tables as JSON, for programs")  //
      ("help,h", "print this");
  const CommandLine options("anda-sim glossary", description, args, {});
  if (options.has("help")) {
    out << "usage: anda-sim glossary [--json]\n\nPrints what every number of the reports means, and its unit "
           "(docs/glossary.md).\n\n"
        << description;
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
