// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_TEXT_STRICT_JSON_H
#define ANDA_SIM_TEXT_STRICT_JSON_H

#include <anda/base/error.h>

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace anda::sim {

/// Maximum nesting depth of objects and lists.
inline constexpr std::size_t max_json_depth = 64;

struct JsonProblem {
  std::size_t byte = 0;  ///< from 0
  std::string what;
};

/// Reads a JSON text strictly by RFC 8259. Rejects what the library would accept, silently or as an extension: nesting
/// beyond max_json_depth, duplicate keys in an object, numbers that a double cannot hold, NUL bytes and anything after
/// them. Json: nlohmann::json or nlohmann::ordered_json. Returns the problem, or nothing on success with `value` set.
template <class Json>
std::optional<JsonProblem> read_json(std::string_view text, Json& value);

/// Does the same, but throws Error (input) with the place; `start`: file and first line of the text.
template <class Json>
Json parse_json(std::string_view text, const Place& start);

}  // namespace anda::sim

#endif
