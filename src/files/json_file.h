// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_JSON_FILE_H
#define ANDA_SIM_FILES_JSON_FILE_H

#include <anda/base/error.h>

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

namespace anda::sim {

/// A file that holds one JSON object, like the config.json of a model. Every method throws Error (input) with the file
/// and the key.
class JsonFile {
 public:
  /// Real ones have some kilobytes; a weights file given by mistake shall not fill the memory.
  static constexpr std::size_t usual_bytes = 1u << 20;

  /// A report.json of the longest trace that is simulated in one go.
  static constexpr std::size_t report_bytes = std::size_t{1} << 30;

  explicit JsonFile(const std::string& path, std::size_t max_bytes = usual_bytes);

  const std::string& path() const { return path_; }
  const nlohmann::json& root() const { return root_; }
  Error error(const std::string& message) const { return Error::input({path_, 0, 0}, message); }

  /// The object at a key of this one; its keys are named "key.other" in messages.
  JsonFile part(const char* key) const;
  /// A key as messages name it.
  std::string place_of(const std::string& key) const { return prefix_ + key; }

  /// A whole number 1 … max; nothing where the key is missing or null, as older files write defaults.
  std::optional<std::uint64_t> optional_number(const char* key, std::uint64_t max) const;
  std::uint64_t number(const char* key, std::uint64_t max) const;
  /// A whole number 0 … max; nothing where the key is missing or null.
  std::optional<std::uint64_t> optional_count(const char* key, std::uint64_t max) const;
  /// A finite number above 0; `otherwise` where the key is missing or null.
  double positive(const char* key, double otherwise) const;
  bool flag(const char* key, bool otherwise) const;
  /// One without control characters; empty where the key is missing or null.
  std::string text(const char* key) const;

 private:
  JsonFile(std::string path, std::string prefix, nlohmann::json root)
      : path_(std::move(path)), prefix_(std::move(prefix)), root_(std::move(root)) {}

  std::optional<std::uint64_t> number_between(const char* key, std::uint64_t min, std::uint64_t max) const;

  std::string path_;
  std::string prefix_;  ///< of the keys
  nlohmann::json root_;
};

}  // namespace anda::sim

#endif
