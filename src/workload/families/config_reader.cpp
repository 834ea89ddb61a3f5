// SPDX-License-Identifier: Apache-2.0
#include "workload/families/config_reader.h"

#include <fmt/format.h>

#include <cstring>

namespace anda::sim {

std::uint64_t ConfigReader::noted(const char* key, std::uint64_t value) {
  defaults_ += fmt::format("{}{} = {}", defaults_.empty() ? "" : ", ", file_.place_of(key), value);
  return value;
}

std::uint64_t ConfigReader::size(const char* key, std::uint64_t of_family, std::uint64_t max) {
  if (is_absent(key)) return noted(key, of_family);
  if (is_null(key)) {
    throw file_.error(fmt::format("key {} is null; must be a whole number 1 … {}", file_.place_of(key), max));
  }
  return file_.number(key, max);
}

std::uint64_t ConfigReader::count(const char* key, std::uint64_t of_family, std::uint64_t max) {
  if (is_absent(key)) return of_family == 0 ? 0 : noted(key, of_family);
  return file_.optional_count(key, max).value_or(0);
}

std::uint64_t ConfigReader::size_or_null(const char* key, std::uint64_t of_family, std::uint64_t max) {
  if (is_absent(key)) return of_family == 0 ? 0 : noted(key, of_family);
  return file_.optional_number(key, max).value_or(0);
}

const nlohmann::json::array_t* ConfigReader::list(const char* key, std::uint64_t most) const {
  if (is_absent(key) || is_null(key)) return nullptr;
  const nlohmann::json& value = file_.root().at(key);
  if (!value.is_array()) throw error(key, "must be a list");
  if (value.size() > most) throw error(key, fmt::format("lists {} layers, but the model has {}", value.size(), most));
  return &value.get_ref<const nlohmann::json::array_t&>();
}

void ConfigReader::refuse_others(std::initializer_list<const char*> names, const char* own, std::uint64_t value) const {
  for (const char* name : names) {
    if (std::strcmp(name, own) == 0) continue;
    const auto found = file_.root().find(name);
    if (found == file_.root().end() || found->is_null() || *found == value) continue;
    throw error(name, fmt::format("is that of another family; a model of type {} has {}", type_, own));
  }
}

void ConfigReader::want_flag(const char* key, bool only) const {
  if (flag(key, only) != only) throw error(key, fmt::format("{} is not supported; must be {}", !only, only));
}

Error ConfigReader::error(const char* key, const std::string& problem) const {
  return file_.error(fmt::format("key {}: {}", file_.place_of(key), problem));
}

}  // namespace anda::sim
