// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TESTS_APP_CONFIG_TEST_H
#define ANDA_TESTS_APP_CONFIG_TEST_H

#include <anda/base/error.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "config/load.h"

/// A temporary folder, removed with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_(std::filesystem::temp_directory_path() / ("anda_config_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path_);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }

  std::string path(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path(name);
  }

 private:
  std::filesystem::path path_;
};

/// Message of the input error that `action` throws; empty if it throws none.
inline std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const anda::Error& error) {
    return error.kind() == anda::Error::Kind::input ? error.what() : "not an input error";
  }
  return {};
}

/// Error message for a configuration text, which is named file.yaml.
inline std::string error_in(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return error_of([&] { anda::sim::parse_run_config(text, "file.yaml", overrides); });
}

inline std::string read_text(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

#endif
