// SPDX-License-Identifier: Apache-2.0
// A configuration, as anda-sim run reads it.

#include "config/load.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::must_take_or_refuse(
      [&] { anda::sim::parse_run_config(std::string(fuzz::text_of(data, size)), "fuzz.yaml", {}); });
  return 0;
}
