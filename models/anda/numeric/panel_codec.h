// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_PANEL_CODEC_H
#define ANDA_NUMERIC_PANEL_CODEC_H

#include <cstddef>
#include <cstdint>

#include <anda/numeric/activation_format.h>
#include <anda/numeric/fp16.h>
#include <anda/numeric/weight_format.h>

namespace anda {

// Panels: what lies in memory of some rows of activations, or some columns of weights, along a range of k. The bytes
// are
//
//   activations, Anda   blocks (block_layout.h) of rows × G, one after another along k; the last one padded with +0
//   activations, FP16   value (row, i) in bytes 2 · (i · rows + row) …: all rows of an i, then of the next
//   weights             scale group after scale group along k, each: the weights, (i, column) in bits
//                       (i · columns + column) · bits … of a little-endian bit stream, filled up to whole bytes; then
//                       the FP16 scales of the columns, or their exponents as the rows' of a block; then their zero
//                       points, where the format has them, as the weights of one more i
//   weights, FP16       value (i, column) in bytes 2 · (i · columns + column) …
//
// Numbers are little-endian. A part of a panel whose ends are multiples of the (scale) group is a part of its bytes,
// and the sizes are those of ActivationFormat::bytes and WeightFormat::bytes.

/// What encoding lost.
struct EncodingLoss {
  std::uint64_t zeroed = 0;  ///< elements that were not 0 and have a mantissa of 0
};

/// Writes rows × k finite values, value (row, i) at values[row · stride + i], as a panel of format.bytes(rows, k)
/// bytes.
void pack_activations(const Fp16* values, std::size_t stride, std::size_t rows, std::size_t k,
                      const ActivationFormat& format, std::uint8_t* bytes, EncodingLoss& loss);

/// The values of such a panel; what encoding cut off is 0.
void unpack_activations(const std::uint8_t* bytes, std::size_t rows, std::size_t k, const ActivationFormat& format,
                        Fp16* values, std::size_t stride);

/// Writes k × columns weights, (i, column) at codes[i · stride + column], with scale group g's at
/// scales[g · stride + column] and its zero points, where the format has them, at zeros[g · stride + column], as a
/// panel of format.bytes(k, columns) bytes; scales that are exponents in memory are powers of two. Error::input for a
/// code or an exponent that does not fit.
void pack_weights(const std::int8_t* codes, const Fp16* scales, std::size_t stride, std::size_t k, std::size_t columns,
                  const WeightFormat& format, std::uint8_t* bytes, const std::int8_t* zeros = nullptr);
/// The same of FP16 numbers in the place of integers, without scales.
void pack_weights(const Fp16* values, std::size_t stride, std::size_t k, std::size_t columns, std::uint8_t* bytes);

}  // namespace anda

#endif
