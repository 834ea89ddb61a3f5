// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TESTS_MODELS_DRIVER_IO_H
#define ANDA_TESTS_MODELS_DRIVER_IO_H

#include <anda_driver.h>

#include <cstdint>

#include "models/machine.h"

namespace anda::test {

/// Access of the C driver to a machine without its interrupt.
inline anda_io polling(Machine& machine) {
  return {[](void* context, std::uint32_t offset) { return static_cast<Machine*>(context)->read(offset); },
          [](void* context, std::uint32_t offset, std::uint32_t value) {
            static_cast<Machine*>(context)->write(offset, value);
          },
          nullptr, &machine};
}

/// Access with the interrupt: simulated time passes while the driver waits.
inline anda_io waiting(Machine& machine) {
  anda_io io = polling(machine);
  io.wait = [](void* context, std::uint32_t timeout_us) {
    Machine& waited = *static_cast<Machine*>(context);
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    for (std::uint32_t i = 0; i < timeout_us && !waited.interrupt.read(); ++i) {
      sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_US));
    }
    return waited.interrupt.read() ? 0 : 1;
  };
  return io;
}

inline anda_gemm gemm_of(std::uint32_t m, std::uint32_t n, std::uint32_t k, std::uint32_t bits) {
  anda_gemm gemm{};
  gemm.m = m;
  gemm.n = n;
  gemm.k = k;
  gemm.input_bits = bits;
  gemm.output_bits = bits;
  gemm.weight_bits = 4;
  gemm.weights = 1u << 28;
  gemm.outputs = 1u << 29;
  gemm.partial_sums = 1u << 30;
  return gemm;
}

}  // namespace anda::test

#endif
