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

/// The keys of one model's config.json, and what was not found there and is the family's. Every method throws Error
/// (input) with the file and the key.
class ConfigReader {
 public:
  ConfigReader(const JsonFile& file, std::string type) : file_(file), type_(std::move(type)) {}

  const JsonFile& file() const { return file_; }
  const std::string& type() const { return type_; }

  bool is_absent(const char* key) const { return file_.root().find(key) == file_.root().end(); }
  bool is_null(const char* key) const { return !is_absent(key) && file_.root().at(key).is_null(); }

  /// A whole number from 1; the family's where the key is missing. Null is no number.
  std::uint64_t size(const char* key, std::uint64_t of_family, std::uint64_t max = max_gemm_dimension);
  /// A whole number from 0; the family's where the key is missing. Null is 0.
  std::uint64_t count(const char* key, std::uint64_t of_family, std::uint64_t max = max_gemm_dimension);
  /// A whole number from 1, or null, which is 0; the family's where the key is missing, 0 if it has none.
  std::uint64_t size_or_null(const char* key, std::uint64_t of_family, std::uint64_t max = max_gemm_dimension);
  bool flag(const char* key, bool of_family) const { return file_.flag(key, of_family); }

  /// A list with at most so many items; nullptr where the key is missing or null.
  const nlohmann::json::array_t* list(const char* key, std::uint64_t most) const;

  /// What other families call the same may stand there with the same value only.
  void refuse_others(std::initializer_list<const char*> names, const char* own, std::uint64_t value) const;
  /// A key that only one value of is understood.
  void want_flag(const char* key, bool only) const;

  Error error(const char* key, const std::string& problem) const;

  /// "hidden_size = 4096, …": what the family gave.
  const std::string& defaults() const { return defaults_; }

 private:
  std::uint64_t noted(const char* key, std::uint64_t value);

  const JsonFile& file_;
  std::string type_;
  std::string defaults_;
};

}  // namespace anda::sim

#endif
