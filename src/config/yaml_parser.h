// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_YAML_PARSER_H
#define ANDA_SIM_CONFIG_YAML_PARSER_H

#include <anda/base/error.h>

#include <string>

#include "config/input_problems.h"
#include "config/tree.h"

namespace anda::sim {

/// Maximum nesting of maps and lists; a configuration needs five levels.
inline constexpr std::size_t max_yaml_depth = 32;
/// Maximum size of a file.
inline constexpr std::size_t max_yaml_bytes = std::size_t{1} << 20;

/// Reads one YAML document. Duplicate keys, anchors, aliases, merge keys, tags, further documents and syntax errors
/// become problems, and the parts they affect are left out. With `line_numbers`, places are lines and columns of
/// `origin.file`; otherwise, every place is `origin` itself.
Tree parse_yaml(const std::string& text, const Place& origin, bool line_numbers, InputProblems& problems);

}  // namespace anda::sim

#endif
