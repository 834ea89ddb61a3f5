// SPDX-License-Identifier: Apache-2.0
// The file of a comparison.

#include "config/compare_config.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::InputFile file(fuzz::text_of(data, size));
  fuzz::must_take_or_refuse([&] { anda::sim::load_compare_config(file.path(), {}, {}); });
  return 0;
}
