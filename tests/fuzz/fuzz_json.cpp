// SPDX-License-Identifier: Apache-2.0
// JSON text; what is taken must come back from its own dump.

#include "fuzz.h"
#include "text/strict_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::must_take_or_refuse([&] {
    const auto value = anda::sim::parse_json<nlohmann::json>(fuzz::text_of(data, size), {"fuzz.json", 1, 0});
    if (anda::sim::parse_json<nlohmann::json>(value.dump(), {"dump", 1, 0}) != value) std::abort();
  });
  return 0;
}
