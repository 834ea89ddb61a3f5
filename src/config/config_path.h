// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_CONFIG_PATH_H
#define ANDA_SIM_CONFIG_CONFIG_PATH_H

#include <anda/base/error.h>

#include <filesystem>
#include <string>

namespace anda::sim {

/// Absolute path of a path named at `place`: relative to the folder of that file or, if the place is not in a file
/// (--set), to the current folder.
std::filesystem::path resolve_path(const std::string& path, const Place& place);

}  // namespace anda::sim

#endif
