// SPDX-License-Identifier: Apache-2.0
#include "config/built_in_files.h"

namespace anda::sim {

const BuiltInFile* built_in_file(const std::string& section, const std::string& name) {
  for (const BuiltInFile& file : built_in_files()) {
    if (section == file.section && name == file.name) return &file;
  }
  return nullptr;
}

std::vector<std::string> built_in_names(const std::string& section) {
  std::vector<std::string> names;
  for (const BuiltInFile& file : built_in_files()) {
    if (section == file.section) names.emplace_back(file.name);
  }
  return names;
}

}  // namespace anda::sim
