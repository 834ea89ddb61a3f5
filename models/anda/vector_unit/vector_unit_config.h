// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_VECTOR_UNIT_VECTOR_UNIT_CONFIG_H
#define ANDA_VECTOR_UNIT_VECTOR_UNIT_CONFIG_H

#include <cstdint>

#include <anda/base/describe.h>

namespace anda {

/// The vector unit: drains the array's accumulators, rounds the sums to FP16, and computes the operations between
/// GeMMs.
struct VectorUnitConfig {
  std::uint32_t fpus = 64;
  std::uint32_t latency_cycles = 4;
  std::uint32_t exp_cycles = 4;
  std::uint32_t reciprocal_cycles = 4;
  std::uint32_t root_cycles = 4;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.number("fpus", self.fpus, Range<std::uint32_t>{1, 4096}, "values accepted from the array per cycle");
    visit.number("latency_cycles", self.latency_cycles, Range<std::uint32_t>{0, 1024},
                 "cycles from a value's entry to its exit (assumed: not published)");
    visit.number("exp_cycles", self.exp_cycles, Range<std::uint32_t>{1, 256},
                 "cycles for which e^x occupies an FPU: scaling by log2 e, splitting, a segment of a table, exponent "
                 "(assumed: not published)");
    visit.number("reciprocal_cycles", self.reciprocal_cycles, Range<std::uint32_t>{1, 256},
                 "the same for 1 / x: a segment of a table and a Newton step (assumed: not published)");
    visit.number("root_cycles", self.root_cycles, Range<std::uint32_t>{1, 256},
                 "the same for 1 / √x (assumed: not published)");
  }
};

}  // namespace anda

#endif
