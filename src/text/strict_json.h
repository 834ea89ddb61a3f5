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

/// Deepest nesting of objects and lists that is read.
inline constexpr std::size_t max_json_depth = 64;

struct JsonProblem {
  std::size_t byte = 0;  ///< from 0
  std::string what;
};

/// Reads a JSON text as RFC 8259 has it, without what the library would take besides or take silently: nesting beyond
/// max_json_depth, a key twice in an object, numbers that a double cannot hold, NUL bytes and what follows them.
/// Json: nlohmann::json or nlohmann::ordered_json. The problem, or nothing when `value` is set.
template <class Json>
std::optional<JsonProblem> read_json(std::string_view text, Json& value);

/// The same; throws Error (input) with the place, `start` being that of the text: its file and first line.
template <class Json>
Json parse_json(std::string_view text, const Place& start);

}  // namespace anda::sim

#endif
