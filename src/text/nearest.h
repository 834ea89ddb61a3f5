// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_TEXT_NEAREST_H
#define ANDA_SIM_TEXT_NEAREST_H

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace anda::sim {

/// Damerau-Levenshtein distance: insertions, deletions, substitutions and swaps of neighbours.
std::size_t edit_distance(const std::string& a, const std::string& b);

/// Returns the word nearest to `word`, ignoring case and treating - and _ as equal; empty if none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& words);

/// Returns "; did you mean `word`?" with the nearest word, or an empty string.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& words);

}  // namespace anda::sim

#endif
