// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_FORMAT_CONFIG_H
#define ANDA_NUMERIC_FORMAT_CONFIG_H

#include <cstdint>

#include <anda/base/describe.h>

namespace anda {

/// The number formats of activations and weights.
struct FormatConfig {
  std::uint32_t group_size = 64;
  std::uint32_t weight_scale_group = 128;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.number("group_size", self.group_size, Range<std::uint32_t>{8, 256},
                 "activations along k that share one exponent; a power of two");
    visit.number("weight_scale_group", self.weight_scale_group, Range<std::uint32_t>{8, 65536},
                 "weights along k that share one FP16 scale; a multiple of group_size");
  }

  void check(const std::string& path, Problems& problems) const {
    if ((group_size & (group_size - 1)) != 0) {
      problems.push_back({join_key(path, "group_size"), "is " + number_text(group_size) + ", must be a power of two"});
    } else if (weight_scale_group % group_size != 0) {
      problems.push_back({join_key(path, "weight_scale_group"),
                          "is " + number_text(weight_scale_group) +
                              ", must be a multiple of group_size = " + number_text(group_size)});
    }
  }
};

}  // namespace anda

#endif
