// SPDX-License-Identifier: Apache-2.0
// The bit-plane compressor alone, as a transparent bridge between a master and a memory: FP16 values written by the
// master are stored as Anda blocks, and reads return them as FP16 values.
#include <anda/compressor/bit_plane_compressor.h>

#include <cmath>
#include <cstdio>

#include "memory.h"

namespace {

constexpr std::size_t rows = 16;
constexpr std::size_t group = 64;
constexpr std::size_t blocks = 32;
constexpr std::size_t count = blocks * rows * group;

/// Each group has values up to 31.75, so 6 mantissa bits resolve halves; quarters are truncated.
double value(std::size_t i) { return static_cast<double>(i % group % 2 == 0 ? i % 127 : 127) / 4; }

}  // namespace

int sc_main(int, char**) {
  const anda::BitPlaneCompressor::Bridge bridge{{6, group}, rows};  // blocks of 16 × 64 values, 6 mantissa bits
  const anda::Clock clock(285e6);
  anda::BitPlaneCompressor compressor("compressor", {}, clock, bridge);
  Memory memory("memory", 1 << 20);
  compressor.out.bind(memory.socket);

  std::size_t wrong = 0;
  Master master("master", [&](Master& self) {
    std::vector<anda::Fp16> values;
    for (std::size_t i = 0; i < count; ++i) values.push_back(anda::to_fp16(value(i)));
    wrong += self.write(0, values.data(), 2 * count) ? 0 : 1;
    std::vector<anda::Fp16> seen(count);
    wrong += self.read(0, seen.data(), 2 * count) ? 0 : 1;
    for (std::size_t i = 0; i < count; ++i) {
      wrong += anda::to_float(seen[i]) != std::floor(2 * value(i)) / 2 ? 1 : 0;
    }
  });
  master.socket.bind(compressor.in);
  sc_core::sc_start();

  // Nothing was written after the last block.
  std::size_t used = memory.bytes.size();
  while (used > 0 && memory.bytes[used - 1] == 0) --used;
  const std::size_t expected = blocks * bridge.format.bytes(rows, group);
  if (used > expected) ++wrong;
  std::printf("%zu bytes of FP16 became %zu in memory: %.1f %% saved, %zu wrong values, done at %s\n", 2 * count,
              expected, 100 - 100.0 * static_cast<double>(expected) / (2 * count), wrong,
              sc_core::sc_time_stamp().to_string().c_str());
  return wrong != 0;
}
