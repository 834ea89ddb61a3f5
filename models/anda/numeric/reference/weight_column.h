// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_REFERENCE_WEIGHT_COLUMN_H
#define ANDA_NUMERIC_REFERENCE_WEIGHT_COLUMN_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include <anda/numeric/fp16.h>
#include <anda/numeric/weight.h>

namespace anda {

/// Weight i in bits i · bits … of a little-endian bit stream, so two INT4 to a byte with the first in the low
/// nibble; unused bits of the last byte are 0. Error::input when a value does not fit.
std::vector<std::uint8_t> pack_weights(const std::vector<std::int8_t>& values, std::uint32_t bits);

/// The inverse; Error::input when `bytes` is not packed_weight_bytes(count, bits) long.
std::vector<std::int8_t> unpack_weights(const std::vector<std::uint8_t>& bytes, std::size_t count, std::uint32_t bits);

/// The codes and scales of a panel of weights, the inverse of pack_weights() in panel_codec.h.
void unpack_weights(const std::uint8_t* bytes, std::size_t k, std::size_t columns, const WeightFormat& format,
                    std::int8_t* codes, Fp16* scales, std::size_t stride, std::int8_t* zeros = nullptr);

/// FP16((q − z) · scale), round to nearest even: what the FP-FP baseline keeps in memory. Error::input when
/// check_column() refuses the column or a product is beyond 65504.
std::vector<Fp16> dequantise(const WeightColumn& column);

/// Error::input unless the format is legal, every value fits in it and there are one finite scale and, where the format
/// has them, one zero point per scale group.
void check_column(const WeightColumn& column);

}  // namespace anda

#endif
