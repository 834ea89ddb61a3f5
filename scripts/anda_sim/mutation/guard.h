// SPDX-License-Identifier: Apache-2.0
// The switch of the mutants, in the copy of the tree that scripts/mutate builds. ANDA_MUTANT is the number of the one
// that is on; ANDA_MUTATION_TRACE names a file for the numbers of those that are reached. A number is written when it
// is reached first, so that a process which is killed leaves its numbers too.
#pragma once
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <vector>

namespace anda_mutation {

inline bool on(int mutant) {
  static const char* const chosen = std::getenv("ANDA_MUTANT");
  static const int active = chosen == nullptr ? -1 : std::atoi(chosen);
  static const char* const trace = std::getenv("ANDA_MUTATION_TRACE");
  if (trace != nullptr) {
    static std::vector<bool> reached(1 << 16);
    if (!reached[static_cast<unsigned>(mutant)]) {
      reached[static_cast<unsigned>(mutant)] = true;
      const std::string line = std::to_string(mutant) + "\n";
      const int file = ::open(trace, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
      if (file >= 0 && ::write(file, line.data(), line.size()) >= 0) ::close(file);
    }
  }
  return mutant == active;
}

/// For constexpr functions: what they compute at compile time is never mutated.
constexpr bool on_at_run_time(int mutant) { return !__builtin_is_constant_evaluated() && on(mutant); }

}  // namespace anda_mutation
