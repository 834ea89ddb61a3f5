// SPDX-License-Identifier: Apache-2.0
// A safetensors file: the header, then every tensor.

#include "fuzz.h"
#include "llm/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::InputFile input(fuzz::text_of(data, size));
  fuzz::must_take_or_refuse([&] {
    const anda::sim::SafetensorsFile file(input.path());
    for (const auto& entry : file.tensors()) fuzz::must_take_or_refuse([&] { file.read(entry.first); });
  });
  return 0;
}
