// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_FAMILIES_CONFIG_READER_H
#define ANDA_SIM_WORKLOAD_FAMILIES_CONFIG_READER_H

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>

#include "files/json_file.h"
#include "workload/gemm.h"

namespace anda::sim {

/// Reads the keys of a model's config.json and records the family defaults used for missing ones. Every method throws
/// Error (input) with the file and the key.
class ConfigReader {
 public:
  ConfigReader(const JsonFile& file, std::string type) : file_(file), type_(std::move(type)) {}

  const JsonFile& file() const { return file_; }
  const std::string& type() const { return type_; }

  bool is_absent(const char* key) const { return file_.root().find(key) == file_.root().end(); }
  bool is_null(const char* key) const { return !is_absent(key) && file_.root().at(key).is_null(); }

  /// A whole number of at least 1; the family's default if the key is missing. Null is an error.
  std::uint64_t size(const char* key, std::uint64_t of_family, std::uint64_t max = max_gemm_dimension);
  /// A whole number of at least 0; the family's default if the key is missing. Null counts as 0.
  std::uint64_t count(const char* key, std::uint64_t of_family, std::uint64_t max = max_gemm_dimension);
  /// A whole number of at least 1, or null, which counts as 0; the family's default if the key is missing, 0 if it has
  /// none.
  std::uint64_t size_or_null(const char* key, std::uint64_t of_family, std::uint64_t max = max_gemm_dimension);
  bool flag(const char* key, bool of_family) const { return file_.flag(key, of_family); }

  /// A list of at most `most` items; nullptr if the key is missing or null.
  const nlohmann::json::array_t* list(const char* key, std::uint64_t most) const;

  /// Throws if a name that other families use for the same thing is present with another value.
  void refuse_others(std::initializer_list<const char*> names, const char* own, std::uint64_t value) const;
  /// Throws if a flag has a value other than `only`, the one that is understood.
  void want_flag(const char* key, bool only) const;

  Error error(const char* key, const std::string& problem) const;

  /// The family defaults used: "hidden_size = 4096, …".
  const std::string& defaults() const { return defaults_; }

 private:
  std::uint64_t noted(const char* key, std::uint64_t value);

  const JsonFile& file_;
  std::string type_;
  std::string defaults_;
};

}  // namespace anda::sim

#endif
