// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BASE_PLAIN_NAME_H
#define ANDA_BASE_PLAIN_NAME_H

#include <algorithm>
#include <cstddef>
#include <string>

#include <anda/base/describe.h>

namespace anda {

inline constexpr std::size_t longest_plain_name = 40;

/// Whether a name consists of lower-case letters and digits with hyphens between them; names of elements and formats
/// become parts of file names, columns and options.
inline bool is_plain_name(const std::string& name) {
  const auto is_small = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= longest_plain_name && is_small(name.front()) && is_small(name.back()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return is_small(c) || c == '-'; });
}

/// Reports a name that is not plain as a problem of `key`.
inline void check_plain_name(const std::string& key, const std::string& name, Problems& problems) {
  if (name.empty()) {
    problems.push_back({key, "is missing, must be small letters, digits and hyphens"});
  } else if (!is_plain_name(name)) {
    problems.push_back({key, "must be small letters, digits and hyphens between them, at most " +
                                 number_text(longest_plain_name) + " characters"});
  }
}

}  // namespace anda

#endif
