// SPDX-License-Identifier: Apache-2.0
#include "config/config_path.h"

namespace anda::sim {

std::filesystem::path resolve_path(const std::string& path, const Place& place) {
  const bool is_in_file = place.line > 0;
  const std::filesystem::path folder =
      is_in_file ? std::filesystem::path(place.file).parent_path() : std::filesystem::path();
  return std::filesystem::absolute(folder / path).lexically_normal();
}

}  // namespace anda::sim
