// SPDX-License-Identifier: Apache-2.0
#include "cli/man_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "cli/commands.h"
#include "text/nearest.h"
#include "text/text.h"

namespace anda::sim {
namespace {

namespace po = boost::program_options;

constexpr const char* man_usage =
    "Usage: anda-sim man [COMMAND]\n"
    "\n"
    "Prints a manual page. To read one: anda-sim man run | man -l -\n"
    "\n";

constexpr const char* exit_status =
    ".SH EXIT STATUS\n"
    "0 success, 1 the run failed, 2 the input is invalid.\n";

/// Escapes a text so that troff prints it literally: without soft hyphens, and without lines read as requests.
std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const bool starts_line = result.empty() || result.back() == '\n';
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else {
      if (starts_line && (c == '.' || c == '\'')) result += "\\&";
      result += c;
    }
  }
  return result;
}

std::string title(const std::string& name, const std::string& meaning) {
  std::string upper = name;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return fmt::format(".TH {} 1 \"\" \"anda-sim {}\" \"\"\n.SH NAME\n{} \\- {}\n", escaped(upper), ANDA_VERSION,
                     escaped(name), escaped(meaning));
}

std::string option_list(const po::options_description& options) {
  std::string list;
  for (const auto& option : options.options()) {
    const bool takes_value = option->semantic()->max_tokens() > 0;
    list += fmt::format(".TP\n.B {}{}\n{}\n", escaped(option->format_name()),
                        takes_value ? " " + escaped(option->format_parameter()) : "", escaped(option->description()));
  }
  return list;
}

std::string verbatim(const std::string& text) { return ".nf\n" + escaped(text) + ".fi\n"; }

std::string page_of(const Command& command) {
  const CommandHelp help = command.help();
  const std::size_t end = help.usage.find("\n\n");
  const std::string synopsis = help.usage.substr(help.usage.find(' ') + 1, end - help.usage.find(' '));
  std::string page = title(std::string("anda-sim-") + command.name, command.meaning) + ".SH SYNOPSIS\n" +
                     verbatim(synopsis) + ".SH DESCRIPTION\n" + verbatim(help.usage.substr(end + 2)) + ".SH OPTIONS\n";
  page += option_list(help.all_options());
  if (!help.examples.empty()) page += ".SH EXAMPLES\n" + verbatim(help.examples.substr(help.examples.find(":\n") + 2));
  return page + exit_status + ".SH SEE ALSO\n.BR anda\\-sim (1)\n";
}

std::string overview_page() {
  std::string page = title("anda-sim", "simulate the Anda LLM accelerator and its baselines") +
                     ".SH SYNOPSIS\n.B anda\\-sim\n.I COMMAND\n[arguments]\n.SH COMMANDS\n";
  std::string others;
  for (const Command& command : commands()) {
    page += fmt::format(".TP\n.B {}\n{}\n", escaped(command.name), escaped(command.meaning));
    others +=
        fmt::format(".BR anda\\-sim\\-{} (1){}\n", escaped(command.name), &command == &commands().back() ? "" : ",");
  }
  return page + ".SH OPTIONS\n" + option_list(man_help().all_options()) + exit_status + ".SH SEE ALSO\n" + others;
}

}  // namespace

CommandHelp man_help() {
  po::options_description options("Options");
  options.add_options()("help,h", "show this help");
  return {man_usage, options, ""};
}

int man_command(const std::vector<std::string>& args, std::ostream& out) {
  const CommandHelp help = man_help();
  const CommandLine options("anda-sim man", help.options, args, {1, {}});
  if (options.has("help")) {
    print_help(out, help);
    return 0;
  }
  if (options.files().empty()) {
    out << overview_page();
    return 0;
  }
  const std::string& name = options.files().front();
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    if (name == command.name) {
      out << page_of(command);
      return 0;
    }
    names.emplace_back(command.name);
  }
  options.refuse("there is no command " + shown(name) + did_you_mean(name, names));
}

}  // namespace anda::sim
