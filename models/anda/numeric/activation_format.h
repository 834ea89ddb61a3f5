// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_ACTIVATION_FORMAT_H
#define ANDA_NUMERIC_ACTIVATION_FORMAT_H

#include <cstdint>

#include <anda/base/math.h>

namespace anda {

class OperandFormat;

/// The memory format of an activation tensor: FP16, Anda groups of a mantissa length, or groups of an operand format
/// (format/operand_format.h). For an operand format, `mantissa_bits` is one less than the element width, so that a
/// group has mantissa_bits + 1 planes, or an element as many bits.
struct ActivationFormat {
  std::uint32_t mantissa_bits = 0;            ///< 1 … 16; 0: FP16
  std::uint32_t group_size = 64;              ///< elements along k that share an exponent; unused for FP16
  std::uint32_t shared_bits = exponent_bits;  ///< of a group, besides its elements
  std::uint32_t code = 0;  ///< number of the operand format in the machine's list (FormatConfig), from 1; 0: none
  bool packed = false;     ///< elements are contiguous instead of split into planes
  const OperandFormat* operand = nullptr;  ///< set where values are computed; owned by the machine's configuration

  static constexpr std::uint32_t exponent_bits = 5;

  bool is_fp16() const { return mantissa_bits == 0; }
  bool is_encoded() const { return code != 0; }

  /// Bytes of the planes (or FP16 values) of rows × k elements; k is padded to whole groups.
  std::uint64_t mantissa_bytes(std::uint64_t rows, std::uint64_t k) const {
    if (is_fp16()) return rows * k * 2;
    return ceil_div(k, group_size) * (mantissa_bits + 1) * ceil_div(rows * group_size, 8);
  }

  /// Bytes of the groups' shared fields for rows × k elements; each group column packs those of all rows together.
  std::uint64_t exponent_bytes(std::uint64_t rows, std::uint64_t k) const {
    if (is_fp16()) return 0;
    return ceil_div(k, group_size) * ceil_div(rows * shared_bits, 8);
  }

  /// Bytes in external memory: (M + 1) · rows · G / 8 + ⌈shared bits · rows / 8⌉ for each group column.
  std::uint64_t bytes(std::uint64_t rows, std::uint64_t k) const {
    return mantissa_bytes(rows, k) + exponent_bytes(rows, k);
  }
};

}  // namespace anda

#endif
