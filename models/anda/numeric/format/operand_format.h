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

/// What a block has beside its elements.
struct SharedField {
  std::string name;
  std::uint32_t bits = 0;
};

/// Where the bits of a format go.
struct FormatLayout {
  std::uint32_t element_bits = 16;
  std::uint32_t block = 0;  ///< elements that share fields; 0: all of a row. The last block of a row may be shorter
  std::vector<SharedField> shared;
  bool is_float = false;            ///< elements stand alone: no blocks
  std::uint32_t row_bits = 0;       ///< that a whole row shares
  std::uint64_t codebook_bits = 0;  ///< that a whole tensor shares: what is learnt from it

  std::uint32_t shared_bits() const {
    std::uint32_t bits = 0;
    for (const SharedField& field : shared) bits += field.bits;
    return bits;
  }
  std::uint64_t blocks(std::uint64_t elements) const {
    if (is_float || elements == 0) return 0;
    return block == 0 ? 1 : ceil_div(elements, block);
  }
  /// Of a row of so many elements, everything counted but what a tensor shares.
  std::uint64_t bits(std::uint64_t elements) const {
    return elements * element_bits + blocks(elements) * shared_bits() + (elements == 0 ? 0 : row_bits);
  }
};

/// An operand format: how numbers lie in memory, what they become there, and what they were. One object for storage,
/// traffic, arithmetic and error. Implementations have a file each in this folder; make_format() makes them of a
/// description.
class OperandFormat {
 public:
  OperandFormat(const OperandFormat&) = delete;
  OperandFormat& operator=(const OperandFormat&) = delete;
  virtual ~OperandFormat() = default;

  const FormatDescription& description() const { return description_; }
  const FormatLayout& layout() const { return layout_; }

  /// Codes of the elements of one block, and its shared fields in the order of the layout. Values that are not finite
  /// have codes in a float or mx format only: Error::input elsewhere, and for a scale that its type does not hold.
  virtual void encode(const float* values, std::size_t count, std::uint32_t* codes, std::uint32_t* shared) const = 0;
  virtual void decode(const std::uint32_t* codes, const std::uint32_t* shared, std::size_t count,
                      float* values) const = 0;

  /// What is left of a row, in place: encode() and decode() of its blocks.
  virtual void round_row(float* values, std::size_t count) const;

  /// A row as a stream of bits, block after block: the elements, lowest bit first, then the shared fields; then what
  /// the row shares.
  virtual void write_row(const float* values, std::size_t count, BitWriter& out) const;
  virtual void read_row(BitReader& in, std::size_t count, float* values) const;

  /// The format with its codebooks learnt from a tensor, row after row; nullptr: it has none. A format that has and has
  /// not learnt them refuses to encode (Error::input).
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

/// Whether elements are integers, signed or of two's complement, under a power of two that their group shares.
bool has_integer_mantissas(const OperandFormat& format);

/// What is left of a tensor, row after row, in place; codebooks are learnt from it first.
void round_tensor(const OperandFormat& format, float* values, std::size_t rows, std::size_t count);

/// Error::input for a description with problems.
std::shared_ptr<const OperandFormat> make_format(const FormatDescription& description);

/// What rounding has done to values.
struct FormatError {
  double signal = 0;  ///< Σ value²
  double noise = 0;   ///< Σ (rounded − value)²
  double largest = 0;
  std::uint64_t values = 0;

  void add(const float* values_, const float* rounded, std::size_t count);
  /// 10 · log10(signal / noise); infinite where nothing differs.
  double sqnr_db() const;
};

}  // namespace anda

#endif
