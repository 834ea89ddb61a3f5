// SPDX-License-Identifier: Apache-2.0
#include "cli/command_line.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <thread>

#include <anda/base/error.h>

#include "text/characters.h"
#include "text/nearest.h"
#include "text/scalar.h"
#include "text/text.h"

namespace anda::sim {

namespace po = boost::program_options;

CommandLine::CommandLine(std::string command, const po::options_description& options,
                         const std::vector<std::string>& args, const Rules& rules)
    : command_(std::move(command)) {
  // Long options may not be abbreviated: an option added later must not change the meaning of a script.
  const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
  try {
    const po::parsed_options parsed = po::command_line_parser(args).options(options).style(style).run();
    for (const po::option& option : parsed.options) {
      if (option.position_key != -1) {
        files_.push_back(option.value.front());
        continue;
      }
      const bool repeatable =
          std::find(rules.repeatable.begin(), rules.repeatable.end(), option.string_key) != rules.repeatable.end();
      std::vector<std::string>& values = values_[option.string_key];
      if (!values.empty() && !repeatable) refuse("option --" + option.string_key + " is given more than once");
      values.push_back(option.value.empty() ? "" : option.value.front());
    }
  } catch (const po::unknown_option& error) {
    std::vector<std::string> names;
    for (const auto& option : options.options()) names.push_back("--" + option->long_name());
    refuse("unknown option " + error.get_option_name() + did_you_mean(error.get_option_name(), names));
  } catch (const po::error& error) {
    refuse(error.what());
  }
  if (files_.size() > rules.most_files) {
    const std::string extra = shown(files_[rules.most_files]);
    refuse(rules.most_files == 0 ? "takes no argument " + extra + " without an option name before it"
                                 : "takes one file, not " + extra + " too");
  }
}

std::string CommandLine::text(const std::string& name, const std::string& otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() ? otherwise : found->second.front();
}

std::vector<std::string> CommandLine::all(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

std::uint64_t CommandLine::number(const std::string& name, std::uint64_t otherwise, std::uint64_t max) const {
  if (!has(name)) return otherwise;
  std::uint64_t value = 0;
  const std::string problem = parse_whole_number(text(name), 1, max, value);
  if (!problem.empty()) refuse("option --" + name + ": " + shown(text(name)) + " " + problem);
  return value;
}

void CommandLine::refuse_together(const std::vector<std::string>& names) const {
  std::vector<std::string> given;
  for (const std::string& name : names) {
    if (has(name)) given.push_back("--" + name);
  }
  if (given.size() > 1) refuse("options " + joined(given, " and ") + " are mutually exclusive");
}

std::size_t CommandLine::jobs() const {
  constexpr std::uint64_t most = 1024;
  return number("jobs", std::max(1u, std::thread::hardware_concurrency()), most);
}

void CommandLine::refuse(const std::string& problem) const {
  throw Error::input(for_terminal(command_ + ": " + problem + " (" + command_ + " --help shows the options)"));
}

po::options_description CommandHelp::all_options() const {
  po::options_description common;
  common.add_options()("color", po::value<std::string>()->value_name("WHEN"),
                       "colours: auto (on a terminal, without NO_COLOR), always or never (auto)");
  po::options_description all("Options");
  for (const auto& option : options.options()) all.add(option);
  for (const auto& option : common.options()) all.add(option);
  return all;
}

void print_help(std::ostream& out, const CommandHelp& help) {
  std::ostringstream text;
  text << help.usage << help.all_options() << help.examples;
  std::istringstream lines(text.str());
  // Boost pads the lines of a description with spaces.
  for (std::string line; std::getline(lines, line);) out << line.erase(line.find_last_not_of(' ') + 1) << '\n';
}

void print_file(std::ostream& out, const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || !(out << file.rdbuf())) throw Error::run(path + ": cannot be read");
}

}  // namespace anda::sim
