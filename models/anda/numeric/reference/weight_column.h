// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_REFERENCE_WEIGHT_COLUMN_H
#define ANDA_NUMERIC_REFERENCE_WEIGHT_COLUMN_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include <anda/numeric/fp16.h>
#include <anda/numeric/weight.h>

namespace anda {

/// Packs weight i into bits i · bits … of a little-endian bit stream: two INT4 weights per byte, the first in the low
/// nibble. Unused bits of the last byte are 0. Throws Error::input if a value does not fit.
std::vector<std::uint8_t> pack_weights(const std::vector<std::int8_t>& values, std::uint32_t bits);

/// The inverse; throws Error::input unless `bytes` is packed_weight_bytes(count, bits) long.
std::vector<std::int8_t> unpack_weights(const std::vector<std::uint8_t>& bytes, std::size_t count, std::uint32_t bits);

/// Unpacks the codes and scales of a weight panel, the inverse of pack_weights() in panel_codec.h.
void unpack_weights(const std::uint8_t* bytes, std::size_t k, std::size_t columns, const WeightFormat& format,
                    std::int8_t* codes, Fp16* scales, std::size_t stride, std::int8_t* zeros = nullptr);

/// Returns FP16((q − z) · scale), rounded to nearest even: the weights that the FP-FP baseline stores. Throws
/// Error::input if check_column() rejects the column or a product exceeds 65504.
std::vector<Fp16> dequantise(const WeightColumn& column);

/// Throws Error::input unless the format is legal, every value fits in it, and every scale group has a finite scale
/// and, if the format has them, a zero point.
void check_column(const WeightColumn& column);

}  // namespace anda

#endif
