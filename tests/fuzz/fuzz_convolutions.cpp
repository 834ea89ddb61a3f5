// SPDX-License-Identifier: Apache-2.0
// A SCALE-Sim convolution topology, row by row.

#include "fuzz.h"
#include "workload/convolution_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::InputFile file(fuzz::text_of(data, size));
  fuzz::must_take_or_refuse([&] {
    anda::sim::ConvolutionReader source(file.path());
    anda::sim::Gemm gemm;
    while (source.next(gemm)) {
    }
  });
  return 0;
}
