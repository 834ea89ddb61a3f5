// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_VECTOR_UNIT_VECTOR_UNIT_CONFIG_H
#define ANDA_VECTOR_UNIT_VECTOR_UNIT_CONFIG_H

#include <cstdint>

#include <anda/base/describe.h>

namespace anda {

/// The vector unit: drains the array's accumulators and rounds them to FP16.
struct VectorUnitConfig {
  std::uint32_t fpus = 64;
  std::uint32_t latency_cycles = 4;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.number("fpus", self.fpus, Range<std::uint32_t>{1, 4096}, "values taken from the array in a cycle");
    visit.number("latency_cycles", self.latency_cycles, Range<std::uint32_t>{0, 1024},
                 "cycles from a value's entry to its exit (assumed: not published)");
  }
};

}  // namespace anda

#endif
