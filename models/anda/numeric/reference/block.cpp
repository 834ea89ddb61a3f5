// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/reference/block.h>

#include <string>

#include <anda/base/error.h>
#include <anda/numeric/block_layout.h>

namespace anda {
namespace {

/// Bits of the sign plane (p = 0) and of mantissa plane p − 1.
const BitPlane& plane_of(const PlaneGroup& group, std::size_t p) { return p == 0 ? group.sign : group.planes[p - 1]; }
BitPlane& plane_of(PlaneGroup& group, std::size_t p) { return p == 0 ? group.sign : group.planes[p - 1]; }

}  // namespace

std::vector<std::uint8_t> pack_block(const std::vector<PlaneGroup>& rows) {
  if (rows.empty()) throw Error::input("a block of activations needs at least one row");
  const GroupFormat format{rows.front().group_size, rows.front().mantissa_bits()};
  std::vector<std::uint8_t> bytes;
  bytes.reserve(block_bytes(rows.size(), format));
  for (const PlaneGroup& row : rows) {
    if (row.group_size != format.group_size || row.mantissa_bits() != format.mantissa_bits) {
      throw Error::input("the rows of a block must have one group size and one mantissa length");
    }
    if (row.exponent >= (1u << shared_exponent_bits)) {
      throw Error::input("shared exponent " + std::to_string(row.exponent) + " does not fit in 5 bits");
    }
  }

  for (std::size_t p = 0; p <= format.mantissa_bits; ++p) {
    for (const PlaneGroup& row : rows) {
      for (std::size_t b = 0; b < format.group_size / 8; ++b) bytes.push_back(plane_of(row, p).byte(b));
    }
  }

  const std::size_t exponents = bytes.size();
  bytes.resize(exponents + block_exponent_bytes(rows.size()), 0);
  for (std::size_t bit = 0; bit < rows.size() * shared_exponent_bits; ++bit) {
    const std::uint32_t value = (rows[bit / shared_exponent_bits].exponent >> (bit % shared_exponent_bits)) & 1;
    bytes[exponents + bit / 8] = static_cast<std::uint8_t>(bytes[exponents + bit / 8] | (value << (bit % 8)));
  }
  return bytes;
}

std::vector<PlaneGroup> unpack_block(const std::vector<std::uint8_t>& bytes, std::uint64_t rows,
                                     const GroupFormat& format) {
  const std::uint64_t expected = block_bytes(rows, format);
  if (bytes.size() != expected) {
    throw Error::input("a block of " + std::to_string(rows) + " rows of " + std::to_string(format.group_size) +
                       " activations with " + std::to_string(format.mantissa_bits) + " mantissa bits takes " +
                       std::to_string(expected) + " bytes, not " + std::to_string(bytes.size()));
  }

  PlaneGroup empty;
  empty.group_size = format.group_size;
  empty.exponent = 0;
  empty.planes.resize(format.mantissa_bits);
  std::vector<PlaneGroup> result(rows, empty);

  std::size_t position = 0;
  for (std::size_t p = 0; p <= format.mantissa_bits; ++p) {
    for (PlaneGroup& row : result) {
      for (std::size_t b = 0; b < format.group_size / 8; ++b) plane_of(row, p).set_byte(b, bytes[position++]);
    }
  }
  for (std::size_t bit = 0; bit < rows * shared_exponent_bits; ++bit) {
    const std::uint32_t value = (std::uint32_t{bytes[position + bit / 8]} >> (bit % 8)) & 1;
    result[bit / shared_exponent_bits].exponent |= value << (bit % shared_exponent_bits);
  }
  return result;
}

}  // namespace anda
