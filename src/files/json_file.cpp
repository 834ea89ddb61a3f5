// SPDX-License-Identifier: Apache-2.0
#include "files/json_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "files/input_file.h"
#include "text/text.h"

namespace anda::sim {
namespace {

using nlohmann::json;

std::string read_whole(const std::string& path, std::size_t max_bytes) {
  InputFile file(path);
  std::string text;
  std::string part(std::size_t{1} << 16, '\0');
  while (const std::size_t bytes = file.read(part.data(), part.size())) {
    text.append(part, 0, bytes);
    if (text.size() > max_bytes) {
      throw Error::input({path, 0, 0}, fmt::format("is larger than {} bytes: is this a config.json?", max_bytes));
    }
  }
  return text;
}

/// Line and column of the parser's byte count, which starts at 1.
Place place_of_byte(const std::string& path, std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, byte == 0 ? 0 : byte - 1);
  const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  Place place{path, 1, 1};
  place.line += static_cast<int>(std::count(before.begin(), before.end(), '\n'));
  for (const char c : before.substr(line_start)) {
    if ((static_cast<unsigned char>(c) & 0xC0u) != 0x80u) ++place.column;
  }
  return place;
}

json parsed(const std::string& path, std::size_t max_bytes) {
  const std::string text = read_whole(path, max_bytes);
  try {
    return json::parse(text);
  } catch (const json::parse_error& error) {
    // "[json.exception…] parse error at line 1, column 2: syntax error …": the place is told our way.
    std::string what = error.what();
    const std::size_t colon = what.find(": ");
    if (colon != std::string::npos) what.erase(0, colon + 2);
    throw Error::input(place_of_byte(path, text, error.byte), "this is no JSON: " + what);
  }
}

std::string shown_value(const json& value) {
  return shown(value.is_structured() ? value.type_name() : value.dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace

JsonFile::JsonFile(const std::string& path, std::size_t max_bytes) : path_(path), root_(parsed(path, max_bytes)) {
  if (!root_.is_object()) throw error("must hold a JSON object");
}

std::optional<std::uint64_t> JsonFile::optional_number(const char* key, std::uint64_t max) const {
  const auto found = root_.find(key);
  if (found == root_.end() || found->is_null()) return std::nullopt;
  if (found->is_number_unsigned() && found->get<std::uint64_t>() >= 1 && found->get<std::uint64_t>() <= max) {
    return found->get<std::uint64_t>();
  }
  const char* problem = "is no whole number";
  if (found->is_number_integer()) problem = found->is_number_unsigned() ? "is out of range" : "is negative";
  throw error(fmt::format("key {}: {} {}; must be a whole number 1 … {}", key, shown_value(*found), problem, max));
}

std::uint64_t JsonFile::number(const char* key, std::uint64_t max) const {
  if (const auto value = optional_number(key, max)) return *value;
  throw error(fmt::format("key {} is missing", key));
}

double JsonFile::positive(const char* key, double otherwise) const {
  const auto found = root_.find(key);
  if (found == root_.end() || found->is_null()) return otherwise;
  if (found->is_number() && found->get<double>() > 0 && std::isfinite(found->get<double>())) {
    return found->get<double>();
  }
  throw error(fmt::format("key {}: {} must be a finite number above 0", key, shown_value(*found)));
}

bool JsonFile::flag(const char* key, bool otherwise) const {
  const auto found = root_.find(key);
  if (found == root_.end() || found->is_null()) return otherwise;
  if (found->is_boolean()) return found->get<bool>();
  throw error(fmt::format("key {}: {} must be true or false", key, shown_value(*found)));
}

std::string JsonFile::text(const char* key) const {
  const auto found = root_.find(key);
  return found != root_.end() && found->is_string() ? found->get<std::string>() : "";
}

}  // namespace anda::sim
