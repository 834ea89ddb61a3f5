// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_REFERENCE_BLOCK_H
#define ANDA_NUMERIC_REFERENCE_BLOCK_H

#include <cstdint>
#include <vector>

#include <anda/numeric/reference/bit_plane.h>

namespace anda {

// Whole blocks as block_layout.h describes them, bit by bit.

/// Bytes of one group per row, rows ≥ 1 of the same format; Error::input otherwise. A ragged last tile is
/// simply a block of fewer rows.
std::vector<std::uint8_t> pack_block(const std::vector<PlaneGroup>& rows);

/// The inverse; Error::input when `bytes` is not block_bytes(rows, format) long.
std::vector<PlaneGroup> unpack_block(const std::vector<std::uint8_t>& bytes, std::uint64_t rows,
                                     const GroupFormat& format);

}  // namespace anda

#endif
