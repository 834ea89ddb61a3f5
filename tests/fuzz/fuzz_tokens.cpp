// SPDX-License-Identifier: Apache-2.0
// A file of tokens, raw or .npy by its first byte.

#include "fuzz.h"
#include "llm/token_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const fuzz::InputFile file(fuzz::text_of(data + 1, size - 1));
  const auto type = anda::sim::token_types[data[0] % anda::sim::token_types.size()].value;
  fuzz::must_take_or_refuse([&] { anda::sim::read_tokens(file.path(), type, 1000); });
  return 0;
}
