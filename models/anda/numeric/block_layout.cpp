// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/block_layout.h>

#include <anda/base/error.h>

namespace anda {

std::uint64_t block_plane_bytes(std::uint64_t rows, const GroupFormat& format) {
  return (std::uint64_t{format.mantissa_bits} + 1) * rows * format.group_size / 8;
}

std::uint64_t block_exponent_bytes(std::uint64_t rows) { return (rows * shared_exponent_bits + 7) / 8; }

std::uint64_t block_bytes(std::uint64_t rows, const GroupFormat& format) {
  check_format(format, max_mantissa_bits);
  if (rows == 0) throw Error::input("a block of activations needs at least one row");
  return block_plane_bytes(rows, format) + block_exponent_bytes(rows);
}

}  // namespace anda
