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

/// A file that holds one JSON object, such as the config.json of a model. Every method throws Error (input) with the
/// file and the key.
class JsonFile {
 public:
  /// Real files have a few kilobytes; the limit keeps a weights file given by mistake from filling the memory.
  static constexpr std::size_t usual_bytes = 1u << 20;

  /// Enough for the report.json of the longest trace that is simulated in one run.
  static constexpr std::size_t report_bytes = std::size_t{1} << 30;

  explicit JsonFile(const std::string& path, std::size_t max_bytes = usual_bytes);

  const std::string& path() const { return path_; }
  const nlohmann::json& root() const { return root_; }
  Error error(const std::string& message) const { return Error::input({path_, 0, 0}, message); }

  /// The object at a key of this one; messages name its keys "key.other".
  JsonFile part(const char* key) const;
  /// A key as named in messages.
  std::string place_of(const std::string& key) const { return prefix_ + key; }

  /// A whole number from 1 to max; nothing if the key is missing or null, which older files write for defaults.
  std::optional<std::uint64_t> optional_number(const char* key, std::uint64_t max) const;
  std::uint64_t number(const char* key, std::uint64_t max) const;
  /// A whole number from 0 to max; nothing if the key is missing or null.
  std::optional<std::uint64_t> optional_count(const char* key, std::uint64_t max) const;
  /// A finite number above 0; `otherwise` if the key is missing or null.
  double positive(const char* key, double otherwise) const;
  bool flag(const char* key, bool otherwise) const;
  /// A text without control characters; empty if the key is missing or null.
  std::string text(const char* key) const;

 private:
  JsonFile(std::string path, std::string prefix, nlohmann::json root)
      : path_(std::move(path)), prefix_(std::move(prefix)), root_(std::move(root)) {}

  std::optional<std::uint64_t> number_between(const char* key, std::uint64_t min, std::uint64_t max) const;

  std::string path_;
  std::string prefix_;  ///< prefix of the keys in messages
  nlohmann::json root_;
};

}  // namespace anda::sim

#endif
