// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_REFERENCE_ANDA_GROUP_H
#define ANDA_NUMERIC_REFERENCE_ANDA_GROUP_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include <anda/numeric/fp16.h>
#include <anda/numeric/group_format.h>
#include <anda/numeric/non_finite.h>

namespace anda {

/// Sign-magnitude numbers with one exponent: element i is (−1)^negative[i] · mantissa[i] · 2^(exponent − 14 − M). A
/// mantissa of 0 keeps its sign, so −0 survives.
struct AndaGroup {
  std::uint32_t mantissa_bits = 0;  ///< M
  std::uint32_t exponent = 1;       ///< E*, biased by 15 like FP16; 1 … 30 after encoding
  std::vector<std::uint8_t> negative;
  std::vector<std::uint32_t> mantissa;

  std::size_t size() const { return mantissa.size(); }
};

bool operator==(const AndaGroup& a, const AndaGroup& b);

/// Encodes `count` ≤ group_size values; the rest of the group is +0. mantissa_bits may be 1 … 24. `policy` handles
/// infinity and NaN. Throws Error::input as make_finite() and check_format() do, or for too many values.
AndaGroup encode_group(const Fp16* values, std::size_t count, const GroupFormat& format, NonFinite policy,
                       const ValueSource& source, NonFiniteCounts& counts);

/// Encodes K values into ceil(K / group_size) groups, the last one padded with +0.
std::vector<AndaGroup> encode_row(const Fp16* values, std::size_t k, const GroupFormat& format, NonFinite policy,
                                  const ValueSource& source, NonFiniteCounts& counts);

/// Returns the exact value of element i.
float decode(const AndaGroup& group, std::size_t i);

/// Returns all values as FP16. Exact for a group from encode_group(): dropping low bits of an FP16 number leaves an
/// FP16 number. Other mantissas (longer than 11 significant bits) are rounded to nearest even.
std::vector<Fp16> decode_group(const AndaGroup& group);

}  // namespace anda

#endif
