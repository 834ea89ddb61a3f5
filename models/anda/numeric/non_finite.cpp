// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/non_finite.h>

namespace anda {

Fp16 make_finite(Fp16 value, NonFinite policy, const ValueSource& source, std::uint64_t offset,
                 NonFiniteCounts& counts) {
  if (value.is_finite()) return value;
  if (policy == NonFinite::refuse) {
    const char* what = value.is_nan() ? "NaN" : value.negative() ? "-infinity" : "+infinity";
    throw Error::input("tensor '" + source.tensor + "', index " + std::to_string(source.index + offset) + ": " + what +
                       " has no Anda representation (the policy 'saturate' replaces it)");
  }
  if (value.is_nan()) {
    ++counts.nans;
    return Fp16{};
  }
  ++counts.infinities;
  return Fp16{static_cast<std::uint16_t>(fp16_max.bits | (value.bits & 0x8000u))};
}

}  // namespace anda
