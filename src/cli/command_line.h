// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CLI_COMMAND_LINE_H
#define ANDA_SIM_CLI_COMMAND_LINE_H

#include <boost/program_options.hpp>
#include <cstdint>
#include <map>
#include <ostream>
#include <string>
#include <vector>

namespace anda::sim {

/// The arguments of a command. The same rules apply to all commands: no abbreviated names, every value is a text (Boost
/// would turn -1 into 2^64 − 1), and only the named options may be repeated.
class CommandLine {
 public:
  struct Rules {
    std::size_t most_files = 0;           ///< maximum number of arguments that are not options
    std::vector<std::string> repeatable;  ///< options that may be given more than once
  };

  /// `command` is its name in messages, "anda-sim run". Throws Error (input) for an illegal command line.
  CommandLine(std::string command, const boost::program_options::options_description& options,
              const std::vector<std::string>& args, const Rules& rules);

  bool has(const std::string& name) const { return values_.count(name) != 0; }
  /// The value of an option, or `otherwise` if it is not given.
  std::string text(const std::string& name, const std::string& otherwise = "") const;
  /// All values of a repeatable option, in the order given.
  std::vector<std::string> all(const std::string& name) const;
  /// A whole number from 1 to max, or `otherwise` if the option is not given.
  std::uint64_t number(const std::string& name, std::uint64_t otherwise, std::uint64_t max) const;
  /// Number of concurrent processes, option --jobs; by default the number of processor cores.
  std::size_t jobs() const;
  const std::vector<std::string>& files() const { return files_; }
  std::size_t options() const { return values_.size(); }

  /// Throws Error (input) if more than one of these options is given.
  void refuse_together(const std::vector<std::string>& names) const;

  /// Throws Error (input) with the problem and where to find help.
  [[noreturn]] void refuse(const std::string& problem) const;

 private:
  std::string command_;
  std::map<std::string, std::vector<std::string>> values_;
  std::vector<std::string> files_;
};

/// The help of a command: usage and description, options, and the text after them.
struct CommandHelp {
  std::string usage;
  boost::program_options::options_description options;
  std::string examples;

  /// The options of the command and the global ones, which may stand before or after any command.
  boost::program_options::options_description all_options() const;
};

/// Prints help in lines of at most 80 columns, without trailing spaces.
void print_help(std::ostream& out, const CommandHelp& help);

/// Prints a file unchanged. Throws Error (run) if it cannot be read.
void print_file(std::ostream& out, const std::string& path);

}  // namespace anda::sim

#endif
