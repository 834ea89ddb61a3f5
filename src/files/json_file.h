// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_FILES_JSON_FILE_H
#define ANDA_SIM_FILES_JSON_FILE_H

#include <anda/base/error.h>

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

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

  /// A whole number 1 … max; nothing where the key is missing or null, as older files write defaults.
  std::optional<std::uint64_t> optional_number(const char* key, std::uint64_t max) const;
  std::uint64_t number(const char* key, std::uint64_t max) const;
  /// A finite number above 0; `otherwise` where the key is missing or null.
  double positive(const char* key, double otherwise) const;
  bool flag(const char* key, bool otherwise) const;
  /// One without control characters; empty where the key is missing or null.
  std::string text(const char* key) const;

 private:
  std::string path_;
  nlohmann::json root_;
};

}  // namespace anda::sim

#endif
