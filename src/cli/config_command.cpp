// SPDX-License-Identifier: Apache-2.0
#include "cli/config_command.h"

#include <anda/base/error.h>

#include <boost/program_options.hpp>

#include "cli/command_line.h"
#include "config/load.h"
#include "config/reference_page.h"
#include "text/characters.h"

namespace anda::sim {
namespace {

namespace po = boost::program_options;

constexpr const char* config_usage =
    "usage: anda-sim config [CONFIG.yaml] [options]\n"
    "\n"
    "Prints the effective configuration; without a file, the defaults.\n"
    "\n";

po::options_description visible_options() {
  po::options_description description("options");
  auto add = description.add_options();
  add("set", po::value<std::string>()->value_name("KEY=VALUE"),
      "change a key, such as accelerator.mxu.rows=32; may be repeated, later ones win");
  add("server", "with the keys of anda-sim serve, as for a file with the section serving");
  add("check", "only check whether the file is valid");
  add("reference", "print the reference of all keys (docs/configuration.md)");
  add("help,h", "show this help");
  return description;
}

}  // namespace

CommandHelp config_help() { return {config_usage, visible_options(), ""}; }

int config_command(const std::vector<std::string>& args, std::ostream& out) {
  const CommandHelp help = config_help();
  const CommandLine options("anda-sim config", help.options, args, {1, {"set"}});
  const std::vector<std::string> overrides = options.all("set");
  if (options.has("help")) {
    print_help(out, help);
    return 0;
  }
  if (options.has("reference")) {
    if (!options.files().empty() || options.options() > 1) options.refuse("--reference takes no other arguments");
    out << reference_page();
    return 0;
  }
  const std::string file = options.files().empty() ? "" : options.files().front();
  if (file.empty() && options.has("check")) options.refuse("--check needs a file");
  const std::string text = effective_config(file, overrides, options.has("server"));
  if (options.has("check")) {
    out << for_terminal(file) << ": valid\n";
  } else {
    out << text;
  }
  return 0;
}

}  // namespace anda::sim
