// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_INPUT_PROBLEMS_H
#define ANDA_SIM_CONFIG_INPUT_PROBLEMS_H

#include <anda/base/error.h>

#include <cstddef>
#include <string>
#include <vector>

namespace anda::sim {

/// Collects everything that is wrong with the user's input, so that one run reports it all, and the files that were
/// read.
class InputProblems {
 public:
  void has_read(const std::string& path) { files_.push_back(path); }
  const std::vector<std::string>& files() const { return files_; }

  /// `key` is the dotted key; empty when the problem concerns a whole file.
  void add(const Place& place, const std::string& key, const std::string& message);

  std::size_t count() const { return count_; }

  /// Throws a single anda::Error (input) with one line per problem, in the order of the files; returns if there is
  /// none.
  void throw_if_any() const;

 private:
  struct Line {
    Place place;
    std::string text;
  };
  std::size_t count_ = 0;
  std::vector<Line> lines_;  ///< the first problems
  std::vector<std::string> files_;
};

/// User text made fit for a message: shortened, without control characters.
std::string printable(const std::string& text, std::size_t longest = 60);
/// The same, in back quotes.
std::string in_quotes(const std::string& text);

}  // namespace anda::sim

#endif
