// SPDX-License-Identifier: Apache-2.0
// A .npy file of the shape that its header names.

#include "data/npy.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::InputFile file(fuzz::text_of(data, size));
  fuzz::must_take_or_refuse([&] {
    const anda::sim::NpyLayout layout = anda::sim::read_npy_layout(file.path());
    anda::sim::read_npy(file.path(), layout.shape);
  });
  return 0;
}
