// SPDX-License-Identifier: Apache-2.0
#include "config/config_command.h"

#include <anda/base/error.h>

#include <boost/program_options.hpp>

#include "config/load.h"
#include "config/reference_page.h"
#include "config/writer.h"

namespace anda::sim {
namespace {

namespace po = boost::program_options;

constexpr const char* usage = "usage: anda-sim config [CONFIG.yaml] [--set KEY=VALUE]... [--check] [--reference]";

struct Options {
  std::vector<std::string> files;
  std::vector<std::string> overrides;
  bool check = false;
  bool reference = false;
  bool help = false;
};

po::options_description visible_options() {
  po::options_description description("options");
  auto add = description.add_options();
  add("set", po::value<std::string>()->value_name("KEY=VALUE"),
      "change a key, such as accelerator.mxu.rows=32; may be repeated, later ones win");
  add("check", "only say whether the file is valid");
  add("reference", "print the page of all keys (docs/configuration.md)");
  add("help,h", "print this");
  return description;
}

Options parse(const std::vector<std::string>& args) {
  po::options_description all = visible_options();
  all.add_options()("file", po::value<std::string>());
  po::positional_options_description positional;
  positional.add("file", -1);
  namespace style = po::command_line_style;
  Options options;
  try {
    const po::parsed_options parsed = po::command_line_parser(args)
                                          .options(all)
                                          .positional(positional)
                                          .style(style::unix_style & ~style::allow_guessing)
                                          .run();
    for (const po::option& option : parsed.options) {
      if (option.string_key == "set") options.overrides.push_back(option.value.at(0));
      if (option.string_key == "file") options.files.push_back(option.value.at(0));
      if (option.string_key == "check") options.check = true;
      if (option.string_key == "reference") options.reference = true;
      if (option.string_key == "help") options.help = true;
    }
  } catch (const po::error& error) {
    throw Error::input(std::string("config: ") + error.what() + "\n" + usage);
  }
  if (options.files.size() > 1)
    throw Error::input("config: takes one file, not " + options.files[1] + " too\n" + usage);
  return options;
}

}  // namespace

int config_command(const std::vector<std::string>& args, std::ostream& out) {
  const Options options = parse(args);
  if (options.help) {
    out << usage << "\n\nPrints the effective configuration; without a file, the defaults.\n\n" << visible_options();
    return 0;
  }
  if (options.reference) {
    if (!options.files.empty() || !options.overrides.empty() || options.check) {
      throw Error::input(std::string("config: --reference goes with nothing else\n") + usage);
    }
    out << reference_page();
    return 0;
  }
  if (options.files.empty()) {
    if (options.check) throw Error::input(std::string("config: --check needs a file\n") + usage);
    out << to_yaml(default_run_config(options.overrides));
    return 0;
  }
  const RunConfig config = load_run_config(options.files.front(), options.overrides);
  if (options.check) {
    out << options.files.front() << ": valid\n";
  } else {
    out << to_yaml(config);
  }
  return 0;
}

}  // namespace anda::sim
