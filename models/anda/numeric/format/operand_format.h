// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_FORMAT_OPERAND_FORMAT_H
#define ANDA_NUMERIC_FORMAT_OPERAND_FORMAT_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <anda/base/math.h>
#include <anda/numeric/format/bit_stream.h>
#include <anda/numeric/format/format_description.h>

namespace anda {

/// A field of a block besides its elements.
struct SharedField {
  std::string name;
  std::uint32_t bits = 0;
};

/// The bit layout of a format.
struct FormatLayout {
  std::uint32_t element_bits = 16;
  std::uint32_t block = 0;  ///< elements that share fields; 0: a whole row. A row's last block may be shorter
  std::vector<SharedField> shared;
  bool is_float = false;            ///< elements stand alone: no blocks
  std::uint32_t row_bits = 0;       ///< bits shared by a whole row
  std::uint64_t codebook_bits = 0;  ///< bits shared by a whole tensor: codebooks fitted to it

  std::uint32_t shared_bits() const {
    std::uint32_t bits = 0;
    for (const SharedField& field : shared) bits += field.bits;
    return bits;
  }
  std::uint64_t blocks(std::uint64_t elements) const {
    if (is_float || elements == 0) return 0;
    return block == 0 ? 1 : ceil_div(elements, block);
  }
  /// Bits of a row of `elements`, including everything except what a tensor shares.
  std::uint64_t bits(std::uint64_t elements) const {
    return elements * element_bits + blocks(elements) * shared_bits() + (elements == 0 ? 0 : row_bits);
  }
};

/// An operand format: how numbers are stored and which values they decode to. One object serves storage, traffic,
/// arithmetic and error. Each family has a file in this folder; make_format() creates a format from its description.
class OperandFormat {
 public:
  OperandFormat(const OperandFormat&) = delete;
  OperandFormat& operator=(const OperandFormat&) = delete;
  virtual ~OperandFormat() = default;

  const FormatDescription& description() const { return description_; }
  const FormatLayout& layout() const { return layout_; }

  /// Encodes the elements of one block, and its shared fields in the order of the layout. Only float and mx formats
  /// have codes for values that are not finite: throws Error::input for such values elsewhere, and for a scale that its
  /// type cannot hold.
  virtual void encode(const float* values, std::size_t count, std::uint32_t* codes, std::uint32_t* shared) const = 0;
  virtual void decode(const std::uint32_t* codes, const std::uint32_t* shared, std::size_t count,
                      float* values) const = 0;

  /// Rounds a row in place: encode() and decode() of its blocks.
  virtual void round_row(float* values, std::size_t count) const;

  /// Writes a row as a bit stream, block by block: the elements, lowest bit first, then the shared fields; finally the
  /// fields that the row shares.
  virtual void write_row(const float* values, std::size_t count, BitWriter& out) const;
  virtual void read_row(BitReader& in, std::size_t count, float* values) const;

  /// Returns the format with its codebooks fitted to a tensor, row by row; nullptr if it has none. A format whose
  /// codebooks have not been fitted refuses to encode (Error::input).
  virtual std::shared_ptr<const OperandFormat> fitted(const float* values, std::size_t rows, std::size_t count) const;

 protected:
  OperandFormat(FormatDescription description, FormatLayout layout)
      : description_(std::move(description)), layout_(std::move(layout)) {}

 private:
  template <class Each>
  void over_blocks(std::size_t count, Each each) const;

  FormatDescription description_;
  FormatLayout layout_;
};

/// Whether elements are integers, in sign-magnitude or two's complement, scaled by a power of two that their group
/// shares.
bool has_integer_mantissas(const OperandFormat& format);

/// Rounds a tensor in place, row by row, after fitting codebooks to it.
void round_tensor(const OperandFormat& format, float* values, std::size_t rows, std::size_t count);

/// Creates a format. Throws Error::input for a description with problems.
std::shared_ptr<const OperandFormat> make_format(const FormatDescription& description);

/// The error that rounding introduced.
struct FormatError {
  double signal = 0;  ///< Σ value²
  double noise = 0;   ///< Σ (rounded − value)²
  double largest = 0;
  std::uint64_t values = 0;

  void add(const float* values_, const float* rounded, std::size_t count);
  /// 10 · log10(signal / noise); infinite if nothing differs.
  double sqnr_db() const;
};

}  // namespace anda

#endif
