// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_BUILT_IN_FILES_H
#define ANDA_SIM_CONFIG_BUILT_IN_FILES_H

#include <string>
#include <vector>

namespace anda::sim {

/// A file of configs/ that is in the program: configs/dram/ddr4.yaml is `ddr4` of the section `dram`.
struct BuiltInFile {
  const char* section;
  const char* name;
  const char* text;
};

/// In the order of their paths. Made by CMake.
const std::vector<BuiltInFile>& built_in_files();

/// The file of a name; nullptr if there is none.
const BuiltInFile* built_in_file(const std::string& section, const std::string& name);

/// The names of a section's files.
std::vector<std::string> built_in_names(const std::string& section);

}  // namespace anda::sim

#endif
