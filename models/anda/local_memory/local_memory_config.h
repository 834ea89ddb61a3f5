// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_LOCAL_MEMORY_LOCAL_MEMORY_CONFIG_H
#define ANDA_LOCAL_MEMORY_LOCAL_MEMORY_CONFIG_H

#include <cstdint>

#include <anda/base/describe.h>

namespace anda {

/// A memory on the chip for activations that the next operation reads.
struct LocalMemoryConfig {
  std::uint64_t bytes = 0;  ///< 0: none
  std::uint32_t bits_per_cycle = 8192;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.number("bytes", self.bytes, Range<std::uint64_t>{0, 1u << 30},
                 "capacity; 0: none. Results of up to a third of it that only the next operations read stay there, in "
                 "workload.scope layer and model");
    visit.number("bits_per_cycle", self.bits_per_cycle, Range<std::uint32_t>{8, 1u << 20},
                 "bits read or written per cycle; by default those of an HBM2 of 256 GB/s at 285 MHz, rounded "
                 "up to a power of two (assumed)");
  }
};

}  // namespace anda

#endif
