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
  if (functional.enabled && !computes_values(mxu.processing_element)) {
    problems.push_back(
        {join_key(path, "mxu.processing_element"), std::string("is ") + name_of(pe_kinds, mxu.processing_element) +
                                                       ", must be fp-fp or anda in a functional simulation"});
  }
}

}  // namespace anda
