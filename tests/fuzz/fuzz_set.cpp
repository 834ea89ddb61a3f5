// SPDX-License-Identifier: Apache-2.0
// The value of --set, and in a line of its own another one.

#include <vector>

#include "config/load.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const std::size_t end = text.find('\n');
  std::vector<std::string> overrides{std::string(text.substr(0, end))};
  if (end != std::string_view::npos) overrides.emplace_back(text.substr(end + 1));
  fuzz::must_take_or_refuse([&] { anda::sim::default_run_config(overrides); });
  return 0;
}
