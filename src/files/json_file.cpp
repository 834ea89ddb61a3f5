// SPDX-License-Identifier: Apache-2.0
#include "files/json_file.h"

#include <fmt/format.h>

#include <cmath>

#include "files/input_file.h"
#include "text/characters.h"
#include "text/strict_json.h"
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
      throw Error::input({path, 0, 0}, fmt::format("is larger than {} bytes, the limit for this JSON file", max_bytes));
    }
  }
  return text;
}

std::string shown_value(const json& value) {
  return shown(value.is_structured() ? value.type_name() : value.dump(-1, ' ', false, json::error_handler_t::replace));
}

}  // namespace

JsonFile::JsonFile(const std::string& path, std::size_t max_bytes)
    : path_(path), root_(parse_json<json>(read_whole(path, max_bytes), {path, 1, 0})) {
  if (!root_.is_object()) throw error("must hold a JSON object");
}

JsonFile JsonFile::part(const char* key) const {
  const auto found = root_.find(key);
  if (found == root_.end()) throw error(fmt::format("key {} is missing", place_of(key)));
  if (!found->is_object()) throw error(fmt::format("key {}: {} must be an object", place_of(key), shown_value(*found)));
  return {path_, place_of(key) + ".", *found};
}

std::optional<std::uint64_t> JsonFile::number_between(const char* key, std::uint64_t min, std::uint64_t max) const {
  const auto found = root_.find(key);
  if (found == root_.end() || found->is_null()) return std::nullopt;
  if (found->is_number_unsigned() && found->get<std::uint64_t>() >= min && found->get<std::uint64_t>() <= max) {
    return found->get<std::uint64_t>();
  }
  const char* problem = "is not a whole number";
  const bool is_huge = found->is_number_float() && std::fabs(found->get<double>()) >= 0x1p63;
  if (is_huge) problem = found->get<double>() > 0 ? "is out of range" : "is negative";
  if (found->is_number_integer()) problem = found->is_number_unsigned() ? "is out of range" : "is negative";
  throw error(fmt::format("key {}: {} {}; must be a whole number {} … {}", place_of(key), shown_value(*found), problem,
                          min, max));
}

std::optional<std::uint64_t> JsonFile::optional_number(const char* key, std::uint64_t max) const {
  return number_between(key, 1, max);
}

std::optional<std::uint64_t> JsonFile::optional_count(const char* key, std::uint64_t max) const {
  return number_between(key, 0, max);
}

std::uint64_t JsonFile::number(const char* key, std::uint64_t max) const {
  if (const auto value = optional_number(key, max)) return *value;
  throw error(fmt::format("key {} is missing", place_of(key)));
}

double JsonFile::positive(const char* key, double otherwise) const {
  const auto found = root_.find(key);
  if (found == root_.end() || found->is_null()) return otherwise;
  if (found->is_number() && found->get<double>() > 0 && std::isfinite(found->get<double>())) {
    return found->get<double>();
  }
  throw error(fmt::format("key {}: {} must be a finite number above 0", place_of(key), shown_value(*found)));
}

bool JsonFile::flag(const char* key, bool otherwise) const {
  const auto found = root_.find(key);
  if (found == root_.end() || found->is_null()) return otherwise;
  if (found->is_boolean()) return found->get<bool>();
  throw error(fmt::format("key {}: {} must be true or false", place_of(key), shown_value(*found)));
}

std::string JsonFile::text(const char* key) const {
  const auto found = root_.find(key);
  if (found == root_.end() || found->is_null()) return "";
  if (!found->is_string()) throw error(fmt::format("key {}: {} must be a text", place_of(key), shown_value(*found)));
  std::string text = *found;
  if (!is_plain_text(text))
    throw error(fmt::format("key {}: {} holds a control character", place_of(key), shown(text)));
  return text;
}

}  // namespace anda::sim
