// SPDX-License-Identifier: Apache-2.0
// A trace or a SCALE-Sim GEMM topology, row by row.

#include "fuzz.h"
#include "workload/open_workload.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::InputFile file(fuzz::text_of(data, size));
  fuzz::must_take_or_refuse([&] {
    const auto source = anda::sim::open_trace(file.path());
    anda::sim::Gemm gemm;
    while (source->next(gemm)) {
    }
  });
  return 0;
}
