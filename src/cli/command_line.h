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

/// The arguments of one of the commands, read by the same rules for all of them: no shortened names, every value a
/// text (Boost would turn -1 into 2^64 − 1), only the named options more than once.
class CommandLine {
 public:
  struct Rules {
    std::size_t most_files = 0;           ///< arguments that are no option
    std::vector<std::string> repeatable;  ///< options that may stand more than once
  };

  /// `command`: as messages name it, "anda-sim run". Throws Error (input) for what is no legal command line.
  CommandLine(std::string command, const boost::program_options::options_description& options,
              const std::vector<std::string>& args, const Rules& rules);

  bool has(const std::string& name) const { return values_.count(name) != 0; }
  /// The value of an option; `otherwise` if it is not given.
  std::string text(const std::string& name, const std::string& otherwise = "") const;
  /// All values of a repeatable option, in their order.
  std::vector<std::string> all(const std::string& name) const;
  /// A whole number 1 … max; `otherwise` if the option is not given.
  std::uint64_t number(const std::string& name, std::uint64_t otherwise, std::uint64_t max) const;
  /// How many processes work at a time, option --jobs: as many as there are processor cores if it is not given.
  std::size_t jobs() const;
  const std::vector<std::string>& files() const { return files_; }
  std::size_t options() const { return values_.size(); }

  /// Throws Error (input) if more than one of these options is given.
  void refuse_together(const std::vector<std::string>& names) const;

  /// Throws Error (input): the problem, and where help is.
  [[noreturn]] void refuse(const std::string& problem) const;

 private:
  std::string command_;
  std::map<std::string, std::vector<std::string>> values_;
  std::vector<std::string> files_;
};

/// The help of a command: how it is called and what it does, its options, and what follows them.
struct CommandHelp {
  std::string usage;
  boost::program_options::options_description options;
  std::string examples;

  /// The options of the command and those that stand before or after any command.
  boost::program_options::options_description all_options() const;
};

/// Prints it in lines of 80 columns at most, without spaces at their ends.
void print_help(std::ostream& out, const CommandHelp& help);

/// Prints a file as it is. Throws Error (run) where it cannot be read.
void print_file(std::ostream& out, const std::string& path);

}  // namespace anda::sim

#endif
