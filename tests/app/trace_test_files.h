// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TESTS_APP_TRACE_TEST_FILES_H
#define ANDA_TESTS_APP_TRACE_TEST_FILES_H

#include <anda/base/error.h>
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "workload/gemm.h"

namespace trace_test {

/// A temporary folder for one test, removed with the object.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "anda_trace_XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string path(const std::string& name) const { return path_ + "/" + name; }
  std::string path() const { return path_; }

  /// Writes the file and returns its path.
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream out(path(name), std::ios::binary);
    out << text;
    REQUIRE(out.flush());
    return path(name);
  }

  std::size_t files() const {
    std::size_t number = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(path_)) ++number;
    return number;
  }

 private:
  std::string path_;
};

inline std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  REQUIRE(in);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// Message of the anda::Error that `action` throws, which must be of this kind.
inline std::string message_of(const std::function<void()>& action, anda::Error::Kind kind = anda::Error::Kind::input) {
  try {
    action();
  } catch (const anda::Error& error) {
    CHECK(error.kind() == kind);
    return error.what();
  }
  FAIL("no error");
  return "";
}

inline std::vector<anda::sim::Gemm> all_of(anda::sim::GemmSource& source) {
  std::vector<anda::sim::Gemm> gemms;
  anda::sim::Gemm gemm;
  while (source.next(gemm)) gemms.push_back(gemm);
  CHECK_FALSE(source.next(gemm));  // the source stays at its end
  return gemms;
}

inline auto fields_of(const anda::sim::Gemm& g) {
  return std::tie(g.name, g.layer, g.tensor, g.m, g.n, g.k, g.count, g.weight_bits);
}

inline bool same(const std::vector<anda::sim::Gemm>& a, const std::vector<anda::sim::Gemm>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (fields_of(a[i]) != fields_of(b[i])) return false;
  }
  return true;
}

/// A source of `rows` GeMMs, each made by a function of its index from 0.
class MadeSource : public anda::sim::GemmSource {
 public:
  MadeSource(std::uint64_t rows, std::function<void(std::uint64_t, anda::sim::Gemm&)> make)
      : rows_(rows), make_(std::move(make)) {}

  bool next(anda::sim::Gemm& gemm) override {
    if (row_ == rows_) return false;
    make_(row_++, gemm);
    return true;
  }

 private:
  std::uint64_t rows_;
  std::function<void(std::uint64_t, anda::sim::Gemm&)> make_;
  std::uint64_t row_ = 0;
};

}  // namespace trace_test

#endif
