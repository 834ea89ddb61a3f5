// SPDX-License-Identifier: Apache-2.0
// Numbers, truth values and lists.

#include "fuzz.h"
#include "text/scalar.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  double number = 0;
  if (anda::sim::parse_number(text, number) == anda::sim::NumberSyntax::good) {
    double again = 0;
    const std::string exact = anda::sim::exact_text(number);
    if (anda::sim::parse_number(exact, again) != anda::sim::NumberSyntax::good || again != number) std::abort();
  }
  std::uint64_t whole = 0;
  anda::sim::parse_whole_number(text, 1, 1000, whole);
  anda::sim::flag_hint(text);
  anda::sim::list_parts(text);
  return 0;
}
