// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_PANEL_CODEC_H
#define ANDA_NUMERIC_PANEL_CODEC_H

#include <cstddef>
#include <cstdint>

#include <anda/numeric/activation_format.h>
#include <anda/numeric/fp16.h>
#include <anda/numeric/weight_format.h>

namespace anda {

// A panel is the memory image of some rows of activations, or of some columns of weights, along a range of k. Its bytes
// are
//
//   activations, Anda   consecutive blocks (block_layout.h) of rows × G along k; the last one padded with +0
//   activations, FP16   value (row, i) in bytes 2 · (i · rows + row) …: all rows of one i, then of the next
//   weights             consecutive scale groups along k, each: the weights, (i, column) in bits
//                       (i · columns + column) · bits … of a little-endian bit stream, padded to whole bytes; then
//                       the FP16 scales of the columns, or their exponents, stored like those of a block's rows; then
//                       their zero points, if the format has them, stored like the weights of one more i
//   weights, FP16       value (i, column) in bytes 2 · (i · columns + column) …
//
// Numbers are little-endian. A part of a panel that starts and ends at a multiple of the (scale) group is a
// contiguous part of its bytes. ActivationFormat::bytes and WeightFormat::bytes give the sizes.

/// The loss of an encoding.
struct EncodingLoss {
  std::uint64_t zeroed = 0;  ///< nonzero elements whose mantissa became 0
};

/// Writes rows × k finite values, value (row, i) at values[row · stride + i], as a panel of format.bytes(rows, k)
/// bytes.
void pack_activations(const Fp16* values, std::size_t stride, std::size_t rows, std::size_t k,
                      const ActivationFormat& format, std::uint8_t* bytes, EncodingLoss& loss);

/// Decodes the values of such a panel; truncated bits are 0.
void unpack_activations(const std::uint8_t* bytes, std::size_t rows, std::size_t k, const ActivationFormat& format,
                        Fp16* values, std::size_t stride);

/// Writes k × columns weights, (i, column) at codes[i · stride + column], with the scales of scale group g at
/// scales[g · stride + column] and its zero points, if the format has them, at zeros[g · stride + column], as a panel
/// of format.bytes(k, columns) bytes. Scales stored as exponents must be powers of two. Throws Error::input for a code
/// or an exponent that does not fit.
void pack_weights(const std::int8_t* codes, const Fp16* scales, std::size_t stride, std::size_t k, std::size_t columns,
                  const WeightFormat& format, std::uint8_t* bytes, const std::int8_t* zeros = nullptr);
/// Does the same for FP16 numbers instead of integers, without scales.
void pack_weights(const Fp16* values, std::size_t stride, std::size_t k, std::size_t columns, std::uint8_t* bytes);

}  // namespace anda

#endif
