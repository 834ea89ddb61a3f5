// SPDX-License-Identifier: Apache-2.0
#include <anda/accelerator/accelerator_config.h>

namespace anda {

void AcceleratorConfig::check(const std::string& path, Problems& problems) const {
  const std::uint32_t lanes = mxu.lanes_per_pe;
  const std::uint32_t group = format.group_size;
  if (lanes % group != 0 && group % lanes != 0) {
    problems.push_back(
        {join_key(path, "mxu.lanes_per_pe"),
         "is " + number_text(lanes) + ", must divide or be a multiple of format.group_size = " + number_text(group)});
  }
}

}  // namespace anda
