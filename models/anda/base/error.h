// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BASE_ERROR_H
#define ANDA_BASE_ERROR_H

#include <stdexcept>
#include <string>

namespace anda {

/// A position in a file; line and column count from 1, 0 means unknown.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
};

/// "file:line:column", without unknown parts.
inline std::string to_string(const Place& place) {
  std::string text = place.file;
  if (place.line > 0) {
    text += ":" + std::to_string(place.line);
    if (place.column > 0) text += ":" + std::to_string(place.column);
  }
  return text;
}

/// The project's only exception type. `input`: the user's input is wrong (exit status 2); `run`: the input was valid
/// but the run failed (exit status 1).
class Error : public std::runtime_error {
 public:
  enum class Kind { input, run };

  Error(Kind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}

  Kind kind() const { return kind_; }

  static Error input(const std::string& message) { return {Kind::input, message}; }
  static Error input(const Place& place, const std::string& message) {
    return {Kind::input, to_string(place) + ": " + message};
  }
  static Error run(const std::string& message) { return {Kind::run, message}; }

 private:
  Kind kind_;
};

}  // namespace anda

#endif
