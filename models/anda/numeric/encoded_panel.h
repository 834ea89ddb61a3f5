// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_ENCODED_PANEL_H
#define ANDA_NUMERIC_ENCODED_PANEL_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include <anda/numeric/activation_format.h>
#include <anda/numeric/fp16.h>
#include <anda/numeric/weight_format.h>

namespace anda {

// Panels (panel_codec.h) of operand formats, whose implementation the format refers to (`operand`). The group columns
// follow each other along k, each holding:
//
//   activations   element (row, i) in bits (row · G + i) · bits … of a little-endian bit stream; elements beyond k
//                 are 0. Then the shared fields of each row's group, row by row.
//   weights       element (i, column) in bits (i · columns + column) · bits …. Then the shared fields of each column's
//                 group, column by column.
//
// Elements and shared fields are padded to whole bytes.

/// Encodes and writes values as pack_activations() does. Returns the number of nonzero values that became 0. Throws
/// Error::input for values that the format cannot hold.
std::uint64_t pack_encoded(const Fp16* values, std::size_t stride, std::size_t rows, std::size_t k,
                           const ActivationFormat& format, std::uint8_t* bytes);
/// Decodes the values of such a panel.
void unpack_encoded(const std::uint8_t* bytes, std::size_t rows, std::size_t k, const ActivationFormat& format,
                    float* values, std::size_t stride);
/// Decodes such a panel to a panel of FP16: the output of a decoder in front of the array.
std::vector<std::uint8_t> decode_activations(const std::uint8_t* bytes, std::size_t rows, std::size_t k,
                                             const ActivationFormat& format);

/// The same for k × columns weights, (i, column) at values[i · stride + column].
void pack_encoded(const float* values, std::size_t stride, std::size_t k, std::size_t columns,
                  const WeightFormat& format, std::uint8_t* bytes);
void unpack_encoded(const std::uint8_t* bytes, std::size_t k, std::size_t columns, const WeightFormat& format,
                    float* values, std::size_t stride);
std::vector<std::uint8_t> decode_weights(const std::uint8_t* bytes, std::size_t k, std::size_t columns,
                                         const WeightFormat& format);

}  // namespace anda

#endif
