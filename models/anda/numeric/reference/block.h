// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_REFERENCE_BLOCK_H
#define ANDA_NUMERIC_REFERENCE_BLOCK_H

#include <cstdint>
#include <vector>

#include <anda/numeric/reference/bit_plane.h>

namespace anda {

// Packs and unpacks whole blocks as in block_layout.h, bit by bit.

/// Packs one group per row; needs at least one row, all of the same format, otherwise throws Error::input. A ragged
/// last tile is simply a block with fewer rows.
std::vector<std::uint8_t> pack_block(const std::vector<PlaneGroup>& rows);

/// The inverse; throws Error::input unless `bytes` is block_bytes(rows, format) long.
std::vector<PlaneGroup> unpack_block(const std::vector<std::uint8_t>& bytes, std::uint64_t rows,
                                     const GroupFormat& format);

}  // namespace anda

#endif
