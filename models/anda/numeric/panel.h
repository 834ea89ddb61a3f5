// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_PANEL_H
#define ANDA_NUMERIC_PANEL_H

#include <cstddef>
#include <cstdint>
#include <vector>

#include <anda/numeric/accumulate.h>
#include <anda/numeric/activation_format.h>
#include <anda/numeric/anda_group.h>
#include <anda/numeric/simd/simd.h>
#include <anda/numeric/weight_format.h>

namespace anda {

// Panels: what lies in memory of some rows of activations, or some columns of weights, along a range of k, and their
// product. The bytes are
//
//   activations, Anda   blocks (block_layout.h) of rows × G, one after another along k; the last one padded with +0
//   activations, FP16   value (row, i) in bytes 2 · (i · rows + row) …: all rows of an i, then of the next
//   weights             scale group after scale group along k, each: the weights, (i, column) in bits
//                       (i · columns + column) · bits … of a little-endian bit stream, filled up to whole bytes; then
//                       the FP16 scales of the columns
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
/// scales[g · stride + column], as a panel of format.bytes(k, columns) bytes. Error::input for a code that does not
/// fit.
void pack_weights(const std::int8_t* codes, const Fp16* scales, std::size_t stride, std::size_t k, std::size_t columns,
                  const WeightFormat& format, std::uint8_t* bytes);

/// The inverse.
void unpack_weights(const std::uint8_t* bytes, std::size_t k, std::size_t columns, const WeightFormat& format,
                    std::int8_t* codes, Fp16* scales, std::size_t stride);

/// A panel of activations, unpacked for products.
class ActivationPanel {
 public:
  ActivationPanel() = default;
  ActivationPanel(const std::uint8_t* bytes, std::size_t rows, std::size_t k, const ActivationFormat& format,
                  Simd simd = best_simd());

  /// A panel of FP16 as the groups that encode_group() makes of it, mantissas of 1 … 24 bits. Infinities become ±65504
  /// and NaNs +0, and both are counted.
  static ActivationPanel aligned(const std::uint8_t* bytes, std::size_t rows, std::size_t k, const GroupFormat& format,
                                 NonFiniteCounts& replaced, Simd simd = best_simd());

  std::size_t rows() const { return rows_; }

 private:
  friend class PanelProduct;

  std::size_t rows_ = 0;
  std::size_t k_ = 0;  ///< whole groups, or of FP16 the elements
  ActivationFormat format_;
  std::uint32_t low_bits_ = 0;
  std::vector<std::int16_t> high_;  ///< as GroupTile has them
  std::vector<std::int16_t> low_;
  std::vector<std::uint8_t> exponents_;
  std::vector<float> values_;  ///< FP16: [i · rows + row]
};

/// A panel of weights, unpacked for products with activations of one kind.
class WeightPanel {
 public:
  /// What becomes of a weight: an integer beside a scale, for integers or for FP16; FP16(q · scale); or the same
  /// without rounding.
  enum class Kind { integer, code, fp16, exact };

  WeightPanel() = default;
  /// `group_size`: of the activations, for integers.
  WeightPanel(const std::uint8_t* bytes, std::size_t k, std::size_t columns, const WeightFormat& format, Kind kind,
              std::size_t group_size);

  std::size_t columns() const { return columns_; }
  /// Columns of the sums: filled up to what the kernels work on together.
  std::size_t padded_columns() const { return padded_columns_; }

 private:
  friend class PanelProduct;

  std::size_t k_ = 0;
  std::size_t columns_ = 0;
  std::size_t padded_columns_ = 0;
  WeightFormat format_;
  std::vector<std::int16_t> pairs_;  ///< as GroupTile::weights
  std::vector<float> scales_;        ///< of integers and codes
  std::vector<float> values_;
};

/// Products of panels: sums[row · padded_columns + column] += …, groups in k order, bit for bit as dot_row() and
/// dot_row_fp16() have it, and dot_row_codes() for codes.
class PanelProduct {
 public:
  explicit PanelProduct(DotFormat format, Simd simd = best_simd()) : format_(format), simd_(simd) {}

  void add(const ActivationPanel& activations, const WeightPanel& weights, float* sums, OverflowCounts& counts) const;

 private:
  DotFormat format_;
  Simd simd_;
};

}  // namespace anda

#endif
