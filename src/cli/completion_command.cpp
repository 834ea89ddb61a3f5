// SPDX-License-Identifier: Apache-2.0
#include "cli/completion_command.h"

#include <fmt/format.h>

#include "cli/commands.h"
#include "text/nearest.h"
#include "text/text.h"

namespace anda::sim {
namespace {

namespace po = boost::program_options;

constexpr const char* usage =
    "Usage: anda-sim completion bash|zsh|fish\n"
    "\n"
    "Prints the completions of a shell: commands, options and files. To have them\n"
    "in every shell:\n"
    "\n"
    "  bash  put into ~/.local/share/bash-completion/completions/anda-sim\n"
    "  zsh   put into the file _anda-sim of a folder in $fpath\n"
    "  fish  put into ~/.config/fish/completions/anda-sim.fish\n"
    "\n";

/// An option as shells see it.
struct Option {
  std::string name;       ///< without dashes
  char letter;            ///< of the short form; 0: none
  std::string parameter;  ///< what stands behind it; empty: nothing
  std::string meaning;    ///< one line
};

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::vector<Option> options_of(const CommandHelp& help) {
  std::vector<Option> options;
  for (const auto& option : help.options.options()) {
    const std::string shortest = option->canonical_display_name(po::command_line_style::allow_dash_for_short);
    const bool has_letter = shortest.size() == 2 && shortest[0] == '-';
    const bool takes_value = option->semantic()->max_tokens() > 0;
    options.push_back({option->long_name(), has_letter ? shortest[1] : '\0',
                       takes_value ? option->format_parameter() : "", first_line(option->description())});
  }
  return options;
}

/// A text in single quotes of a shell; `inside`: what a quote in it becomes.
std::string quoted(const std::string& text, const char* inside) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'') {
      result += inside;
    } else {
      result += c;
    }
  }
  return result + "'";
}

std::string bash_script() {
  std::string names;
  std::string cases;
  for (const Command& command : commands()) {
    names += std::string(names.empty() ? "" : " ") + command.name;
    std::string words;
    for (const Option& option : options_of(command.help())) {
      words += " --" + option.name;
      if (option.letter != 0) words += std::string(" -") + option.letter;
    }
    cases += fmt::format("    {}) words='{}' ;;\n", command.name, words.substr(1));
  }
  return "# Completions of anda-sim for bash, made by `anda-sim completion bash`.\n"
         "_anda_sim() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} words=\n"
         "  COMPREPLY=()\n"
         "  if ((COMP_CWORD == 1)) || { ((COMP_CWORD == 2)) && [[ ${COMP_WORDS[1]} == help ]]; }; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W '" +
         names +
         " help --help --version' -- \"$current\")\n"
         "    return\n"
         "  fi\n"
         "  case ${COMP_WORDS[1]} in\n" +
         cases +
         "  esac\n"
         "  [[ $current != -* ]] || mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
         "}\n"
         "complete -o bashdefault -o default -F _anda_sim anda-sim\n";
}

/// A text of _arguments, in which brackets and colons have a meaning.
std::string zsh_text(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

std::string zsh_script() {
  std::string names;
  std::string cases;
  for (const Command& command : commands()) {
    names += fmt::format("    {}\n", quoted(command.name + (":" + zsh_text(command.meaning)), "'\\''"));
    cases += fmt::format("    {})\n      _arguments", command.name);
    for (const Option& option : options_of(command.help())) {
      const std::string value = option.parameter.empty() ? "" : fmt::format(":{}:_files", zsh_text(option.parameter));
      const std::string rest = fmt::format("[{}]{}", zsh_text(option.meaning), value);
      cases += " \\\n        " + quoted("*--" + option.name + rest, "'\\''");
      if (option.letter != 0) cases += " \\\n        " + quoted(std::string("*-") + option.letter + rest, "'\\''");
    }
    cases += " \\\n        '*:file:_files' ;;\n";
  }
  return "#compdef anda-sim\n"
         "# Completions of anda-sim for zsh, made by `anda-sim completion zsh`.\n"
         "_anda-sim() {\n"
         "  local -a names\n"
         "  names=(\n" +
         names +
         "    'help:tell more of a command'\n"
         "  )\n"
         "  if ((CURRENT == 2)) || { ((CURRENT == 3)) && [[ $words[2] == help ]]; }; then\n"
         "    _describe command names\n"
         "    return\n"
         "  fi\n"
         "  local name=$words[2]\n"
         "  shift words\n"
         "  ((CURRENT--))\n"
         "  case $name in\n" +
         cases +
         "  esac\n"
         "}\n"
         "compdef _anda-sim anda-sim\n";
}

std::string fish_script() {
  std::string text = "# Completions of anda-sim for fish, made by `anda-sim completion fish`.\n";
  for (const Command& command : commands()) {
    text += fmt::format("complete -c anda-sim -f -n __fish_use_subcommand -a {} -d {}\n", command.name,
                        quoted(command.meaning, "\\'"));
  }
  text += "complete -c anda-sim -f -n __fish_use_subcommand -a help -d 'tell more of a command'\n";
  for (const Command& command : commands()) {
    for (const Option& option : options_of(command.help())) {
      text += fmt::format("complete -c anda-sim -n '__fish_seen_subcommand_from {}'{}{} -l {} -d {}\n", command.name,
                          option.letter != 0 ? std::string(" -s ") + option.letter : "",
                          option.parameter.empty() ? "" : " -r", option.name, quoted(option.meaning, "\\'"));
    }
  }
  return text;
}

}  // namespace

CommandHelp completion_help() {
  po::options_description options("Options");
  options.add_options()("help,h", "show this help");
  return {usage, options, ""};
}

int completion_command(const std::vector<std::string>& args, std::ostream& out) {
  const CommandHelp help = completion_help();
  const CommandLine options("anda-sim completion", help.options, args, {1, {}});
  if (options.has("help")) {
    print_help(out, help);
    return 0;
  }
  const std::string shell = options.files().empty() ? "" : options.files().front();
  if (shell == "bash") {
    out << bash_script();
  } else if (shell == "zsh") {
    out << zsh_script();
  } else if (shell == "fish") {
    out << fish_script();
  } else {
    options.refuse("needs the name of a shell, bash, zsh or fish" + (shell.empty() ? "" : ", not " + shown(shell)) +
                   did_you_mean(shell, {"bash", "zsh", "fish"}));
  }
  return 0;
}

}  // namespace anda::sim
