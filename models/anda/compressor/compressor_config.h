// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_COMPRESSOR_COMPRESSOR_CONFIG_H
#define ANDA_COMPRESSOR_COMPRESSOR_CONFIG_H

#include <cstdint>

#include <anda/base/describe.h>

namespace anda {

/// The runtime bit-plane compressor (BPC).
struct CompressorConfig {
  std::uint32_t lanes = 16;
  std::uint32_t values_per_cycle = 64;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.number("lanes", self.lanes, Range<std::uint32_t>{1, 1024},
                 "groups converted in parallel, one plane of each per cycle");
    visit.number("values_per_cycle", self.values_per_cycle, Range<std::uint32_t>{1, 4096},
                 "FP16 values accepted per cycle");
  }
};

}  // namespace anda

#endif
