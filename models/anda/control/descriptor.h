// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_CONTROL_DESCRIPTOR_H
#define ANDA_CONTROL_DESCRIPTOR_H

#include <array>
#include <cstdint>

#include <anda/control/register_map.h>
#include <anda/dataflow/gemm_task.h>

namespace anda {

/// What is wrong with a descriptor, and in which of its words.
struct DescriptorFault {
  anda_error code = ANDA_ERROR_NONE;
  std::uint32_t word = 0;

  explicit operator bool() const { return code != ANDA_ERROR_NONE; }
};

/// A fault in the word of a field (ANDA_DESCRIPTOR_…).
inline DescriptorFault fault(anda_error code, std::uint32_t field) { return {code, anda_field_word(field)}; }

/// One GeMM as software hands it to the controller; as words, laid out by ANDA_DESCRIPTOR_FIELDS in register_map.h.
struct GemmDescriptor {
  static constexpr std::size_t words = ANDA_DESCRIPTOR_WORDS;

  std::uint32_t m = 0;
  std::uint32_t n = 0;
  std::uint32_t k = 0;
  std::uint32_t input_mantissa_bits = 0;
  std::uint32_t output_mantissa_bits = 0;
  std::uint32_t weight_bits = 4;
  TileShape tile;
  GemmAddresses addresses;

  std::array<std::uint32_t, words> encode() const;

  /// Faults: no GeMM (another opcode or loop order), or a reserved bit that is 1. Values are not checked.
  static DescriptorFault decode(const std::uint32_t* encoded, GemmDescriptor& descriptor);
};

}  // namespace anda

#endif
