// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_PANEL_BYTES_H
#define ANDA_NUMERIC_PANEL_BYTES_H

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <anda/base/math.h>
#include <anda/numeric/fp16.h>
#include <anda/numeric/group_format.h>
#include <anda/numeric/weight.h>

namespace anda::panel_bytes {

// Byte-level access to the numbers of a panel (panel_codec.h), for code that packs or unpacks panels.

using Eight = std::array<std::uint16_t, 8>;

/// A table that expands every byte to its eight bits, one per element.
constexpr std::array<Eight, 256> make_spread() {
  std::array<Eight, 256> table{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    for (std::size_t i = 0; i < 8; ++i) table[byte][i] = static_cast<std::uint16_t>((byte >> i) & 1);
  }
  return table;
}
inline constexpr std::array<Eight, 256> spread = make_spread();

inline void store(std::uint8_t* bytes, Fp16 value) {
  bytes[0] = static_cast<std::uint8_t>(value.bits & 0xFF);
  bytes[1] = static_cast<std::uint8_t>(value.bits >> 8);
}
inline Fp16 load(const std::uint8_t* bytes) { return Fp16{static_cast<std::uint16_t>(bytes[0] | bytes[1] << 8)}; }

inline std::uint32_t exponent_at(const std::uint8_t* exponents, std::size_t row) {
  const std::size_t bit = row * shared_exponent_bits;
  std::uint32_t window = exponents[bit / 8];
  if (bit % 8 + shared_exponent_bits > 8) window |= std::uint32_t{exponents[bit / 8 + 1]} << 8;
  return (window >> (bit % 8)) & ((1u << shared_exponent_bits) - 1);
}

/// Eight mantissas of a row, or their bits in some of its planes, from byte `b` of each plane. Plane 0 holds the signs.
inline Eight mantissas_at(const std::uint8_t* planes, std::size_t plane_bytes, std::size_t b, std::size_t first_plane,
                          std::size_t plane_count) {
  Eight m{};
  for (std::size_t p = first_plane; p < first_plane + plane_count; ++p) {
    const Eight& bits = spread[planes[p * plane_bytes + b]];
    for (std::size_t i = 0; i < 8; ++i) m[i] = static_cast<std::uint16_t>(m[i] * 2 + bits[i]);
  }
  return m;
}

/// Writes a row's exponent, whose bits must be 0 before.
inline void put_exponent(std::uint8_t* exponents, std::size_t row, std::uint32_t exponent) {
  const std::size_t bit = row * shared_exponent_bits;
  const std::uint32_t placed = exponent << (bit % 8);
  exponents[bit / 8] = static_cast<std::uint8_t>(exponents[bit / 8] | (placed & 0xFF));
  if ((placed >> 8) != 0) exponents[bit / 8 + 1] = static_cast<std::uint8_t>(placed >> 8);
}

/// Calls each(first, count, weights' bytes, scales' or exponents' bytes, zero points' bytes) for the scale groups of a
/// weight panel.
template <class Bytes, class Each>
void over_scale_groups(Bytes* bytes, std::size_t k, std::size_t columns, const WeightFormat& format, Each each) {
  for (std::size_t first = 0; first < k; first += format.scale_group) {
    const std::size_t count = std::min<std::size_t>(format.scale_group, k - first);
    Bytes* scales = bytes + packed_weight_bytes(count * columns, format.bits);
    Bytes* zeros = scales + ceil_div(columns * format.scale_bits, 8);
    each(first, count, bytes, scales, zeros);
    bytes = zeros + format.zero_bytes(columns);
  }
}

/// Returns a column's scale from the scales or exponents of a scale group.
inline Fp16 scale_at(const std::uint8_t* scales, std::size_t column, const WeightFormat& format) {
  if (format.scale_bits != shared_exponent_bits) return load(scales + 2 * column);
  return scale_of_exponent(exponent_at(scales, column), format.bits);
}

/// Reads a little-endian bit stream of two's complement numbers.
class WeightReader {
 public:
  WeightReader(const std::uint8_t* bytes, std::uint32_t bits) : bytes_(bytes), bits_(bits), end_((1 << bits) >> 1) {}

  std::int32_t next() {
    if (available_ < bits_) {
      window_ |= std::uint32_t{*bytes_++} << available_;
      available_ += 8;
    }
    const auto code = static_cast<std::int32_t>(window_ & ((1u << bits_) - 1));
    window_ >>= bits_;
    available_ -= bits_;
    return code >= end_ ? code - 2 * end_ : code;
  }

 private:
  const std::uint8_t* bytes_;
  std::uint32_t bits_;
  std::int32_t end_;
  std::uint32_t window_ = 0;
  std::uint32_t available_ = 0;
};

}  // namespace anda::panel_bytes

#endif
