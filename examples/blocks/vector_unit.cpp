// SPDX-License-Identifier: Apache-2.0
// The vector unit alone: a master writes FP32 sums, and the unit stores FP16 values in the memory, at half
// the address.
#include <anda/vector_unit/vector_unit.h>

#include <cstdio>

#include "memory.h"

int sc_main(int, char**) {
  anda::VectorUnitConfig config;
  config.fpus = 32;
  const anda::Clock clock(1e9);
  anda::VectorUnit unit("vector_unit", config, clock);
  Memory memory("memory", 4096);
  unit.out.bind(memory.socket);

  constexpr std::size_t count = 1024;
  bool written = false;
  sc_core::sc_time taken;
  Master master("master", [&](Master& self) {
    std::vector<float> sums;
    for (std::size_t i = 0; i < count; ++i) sums.push_back(static_cast<float>(i) * 65.03125F);
    written = self.write(0, sums.data(), count * sizeof(float));
    taken = sc_core::sc_time_stamp();
  });
  master.socket.bind(unit.sums);
  sc_core::sc_start();

  int wrong = written ? 0 : 1;
  std::uint64_t overflows = 0;
  for (std::size_t i = 0; i < count; ++i) {
    anda::Fp16 value;
    std::memcpy(&value, &memory.bytes[2 * i], 2);
    const anda::Fp16 expected = anda::to_fp16(static_cast<float>(i) * 65.03125F);
    wrong += value != expected ? 1 : 0;
    overflows += value.is_infinite() ? 1 : 0;
  }
  wrong += unit.overflows().outputs != overflows ? 1 : 0;
  // 1024 values at 32 per cycle take 32 cycles, which hide the memory's 20 ns.
  wrong += taken != sc_core::sc_time(32, sc_core::SC_NS) ? 1 : 0;
  std::printf("%zu sums taken at %s, %llu beyond FP16, %d wrong values\n", count, taken.to_string().c_str(),
              static_cast<unsigned long long>(overflows), wrong);
  return wrong != 0;
}
