// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_BLOCK_LAYOUT_H
#define ANDA_NUMERIC_BLOCK_LAYOUT_H

#include <cstdint>

#include <anda/numeric/group_format.h>

namespace anda {

// A block holds the groups of several activation rows over the same K range, side by side, as stored in the activation
// buffer and in DRAM: the sign plane, then the M mantissa planes MSB first, then the exponents.
//
//   plane p:    rows · G / 8 bytes from byte p · rows · G / 8 (p = 0 is the sign); row r's G bits start at bit r · G
//   exponents:  ceil(rows · 5 / 8) bytes after the last plane; row r's 5 bits start at bit 5 · r; unused bits 0
//
// Bit b of a plane or of the exponents is bit b mod 8, counted from the lowest, of byte b / 8. Sixteen rows of 64
// elements give one 1024-bit word per plane and one 80-bit exponent word.

/// Bytes of the sign and mantissa planes: (M + 1) · rows · G / 8.
std::uint64_t block_plane_bytes(std::uint64_t rows, const GroupFormat& format);

/// Bytes of the exponents: ceil(rows · 5 / 8).
std::uint64_t block_exponent_bytes(std::uint64_t rows);

/// Bytes of a block: both of the above. Throws Error::input for an illegal format (M is 1 … 16 here) or no rows.
std::uint64_t block_bytes(std::uint64_t rows, const GroupFormat& format);

}  // namespace anda

#endif
