// SPDX-License-Identifier: Apache-2.0
// The log of a search that is continued.

#include "fuzz.h"
#include "search/search_log.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::InputFile file(fuzz::text_of(data, size));
  fuzz::must_take_or_refuse([&] { const anda::sim::SearchLog log(file.path(), {{"evaluator", "fuzz"}}); });
  return 0;
}
