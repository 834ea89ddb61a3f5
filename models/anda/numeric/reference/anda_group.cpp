// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/reference/anda_group.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace anda {

bool operator==(const AndaGroup& a, const AndaGroup& b) {
  return a.mantissa_bits == b.mantissa_bits && a.exponent == b.exponent && a.negative == b.negative &&
         a.mantissa == b.mantissa;
}

AndaGroup encode_group(const Fp16* values, std::size_t count, const GroupFormat& format, NonFinite policy,
                       const ValueSource& source, NonFiniteCounts& counts) {
  check_format(format, max_aligned_bits);
  if (count > format.group_size) {
    throw Error::input("tensor '" + source.tensor + "': " + std::to_string(count) + " values for a group of " +
                       std::to_string(format.group_size));
  }
  std::vector<Fp16> finite(format.group_size);
  for (std::size_t i = 0; i < count; ++i) finite[i] = make_finite(values[i], policy, source, i, counts);

  AndaGroup group;
  group.mantissa_bits = format.mantissa_bits;
  group.exponent = shared_exponent(finite.data(), finite.size());
  group.negative.reserve(finite.size());
  group.mantissa.reserve(finite.size());
  for (const Fp16 value : finite) {
    group.negative.push_back(value.negative() ? 1 : 0);
    group.mantissa.push_back(
        aligned_mantissa(value.significand(), format.mantissa_bits, group.exponent - value.effective_exponent()));
  }
  return group;
}

std::vector<AndaGroup> encode_row(const Fp16* values, std::size_t k, const GroupFormat& format, NonFinite policy,
                                  const ValueSource& source, NonFiniteCounts& counts) {
  check_format(format, max_aligned_bits);
  std::vector<AndaGroup> row;
  row.reserve((k + format.group_size - 1) / format.group_size);
  for (std::size_t first = 0; first < k; first += format.group_size) {
    const std::size_t count = std::min<std::size_t>(format.group_size, k - first);
    row.push_back(
        encode_group(values + first, count, format, policy, ValueSource{source.tensor, source.index + first}, counts));
  }
  return row;
}

float decode(const AndaGroup& group, std::size_t i) {
  // Exact: at most 24 bits times a power of two well inside the range of float.
  const int power = static_cast<int>(group.exponent) - 14 - static_cast<int>(group.mantissa_bits);
  const float magnitude = std::ldexp(static_cast<float>(group.mantissa[i]), power);
  return group.negative[i] != 0 ? -magnitude : magnitude;
}

std::vector<Fp16> decode_group(const AndaGroup& group) {
  std::vector<Fp16> values;
  values.reserve(group.size());
  for (std::size_t i = 0; i < group.size(); ++i) values.push_back(to_fp16(decode(group, i)));
  return values;
}

}  // namespace anda
