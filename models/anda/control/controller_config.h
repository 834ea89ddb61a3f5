// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_CONTROL_CONTROLLER_CONFIG_H
#define ANDA_CONTROL_CONTROLLER_CONFIG_H

#include <cstdint>

#include <anda/base/describe.h>

namespace anda {

/// Configuration of the top controller and its instruction memory.
struct ControllerConfig {
  std::uint32_t descriptors = 64;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.number("descriptors", self.descriptors, Range<std::uint32_t>{1, 4096},
                 "capacity of the instruction memory in GeMM descriptors");
  }
};

}  // namespace anda

#endif
