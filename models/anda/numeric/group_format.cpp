// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/group_format.h>

#include <algorithm>
#include <string>

#include <anda/base/error.h>

namespace anda {

void check_format(const GroupFormat& format, std::uint32_t longest) {
  if (format.group_size < min_group_size || format.group_size > max_group_size || format.group_size % 8 != 0) {
    throw Error::input("group_size is " + std::to_string(format.group_size) + ", must be a multiple of 8 in " +
                       std::to_string(min_group_size) + " … " + std::to_string(max_group_size));
  }
  if (format.mantissa_bits < 1 || format.mantissa_bits > longest) {
    throw Error::input("mantissa_bits is " + std::to_string(format.mantissa_bits) + ", must be 1 … " +
                       std::to_string(longest));
  }
}

std::uint32_t shared_exponent(const Fp16* values, std::size_t count) {
  std::uint32_t largest = 1;
  for (std::size_t i = 0; i < count; ++i) largest = std::max(largest, values[i].effective_exponent());
  return largest;
}

}  // namespace anda
