// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_CACHE_FORMAT_H
#define ANDA_NUMERIC_CACHE_FORMAT_H

#include <cstdint>

#include <anda/base/describe.h>
#include <anda/base/math.h>
#include <anda/numeric/activation_format.h>
#include <anda/numeric/format/stored_operand.h>

namespace anda {

/// The storage type of a key/value cache element.
enum class CacheNumber {
  fp16,
  integer,  ///< symmetric two's complement with one FP16 scale per group
  anda      ///< sign and mantissa with one shared exponent per group, truncated like activations
};

inline constexpr ChoiceTable<CacheNumber, 3> cache_numbers{
    {{"fp16", CacheNumber::fp16}, {"int", CacheNumber::integer}, {"anda", CacheNumber::anda}}};

/// The storage type of a cache element, or an operand format.
using StoredNumber = StoredOperand<CacheNumber, cache_numbers>;

/// What the elements of a group have in common: a token (groups run along the head width) or a channel (groups run
/// along the tokens).
enum class CacheAxis { token, channel };

inline constexpr ChoiceTable<CacheAxis, 2> cache_axes{{{"token", CacheAxis::token}, {"channel", CacheAxis::channel}}};

/// The format of a cache's keys or values. A group along the tokens is encoded once its last token is present; until
/// then its tokens are FP16.
struct CacheFormat {
  StoredNumber number;
  std::uint32_t bits = 4;    ///< element width including the sign; for integers and Anda
  std::uint32_t group = 64;  ///< elements that share a scale or an exponent; for integers and Anda
  CacheAxis axis = CacheAxis::token;

  static constexpr std::uint32_t whole_row = 1u << 30;

  bool is_fp16() const { return number == CacheNumber::fp16; }
  /// The operand format; nullptr for the other types.
  const OperandFormat* operand() const { return number.operand().get(); }
  std::uint32_t element_bits() const {
    return operand() != nullptr ? operand()->layout().element_bits : is_fp16() ? 16 : bits;
  }
  /// Number of elements that share fields: 1 if they have none, whole_row if all of a row share them.
  std::uint32_t group_elements() const {
    if (operand() == nullptr) return group;
    const FormatLayout& layout = operand()->layout();
    if (layout.is_float) return 1;
    return layout.block == 0 ? whole_row : layout.block;
  }
  /// Bits of a group besides its elements.
  std::uint32_t shared_bits() const {
    if (operand() != nullptr) return operand()->layout().shared_bits();
    return number == CacheNumber::integer ? 16 : number == CacheNumber::anda ? ActivationFormat::exponent_bits : 0;
  }
  /// Number of leading tokens, out of `tokens`, that are stored in the format; the rest is FP16.
  std::uint64_t formatted(std::uint64_t tokens) const {
    return is_fp16() || axis == CacheAxis::token ? tokens : tokens - tokens % group_elements();
  }

  /// Bytes of tokens × head_dim elements of one head; a token's last group may be shorter.
  std::uint64_t bytes(std::uint64_t tokens, std::uint64_t head_dim) const {
    const std::uint64_t whole = formatted(tokens);
    const std::uint64_t groups = is_fp16()                  ? 0
                                 : axis == CacheAxis::token ? whole * ceil_div(head_dim, group_elements())
                                                            : whole / group_elements() * head_dim;
    return ceil_div(whole * head_dim * element_bits() + groups * shared_bits(), 8) + (tokens - whole) * head_dim * 2;
  }
};

}  // namespace anda

#endif
