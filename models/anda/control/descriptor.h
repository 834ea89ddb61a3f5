// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_CONTROL_DESCRIPTOR_H
#define ANDA_CONTROL_DESCRIPTOR_H

#include <array>
#include <cstdint>
#include <initializer_list>

#include <anda/control/register_map.h>
#include <anda/dataflow/gemm_task.h>
#include <anda/dataflow/vector_task.h>

namespace anda {

/// Error in a descriptor, and the index of the offending word.
struct DescriptorFault {
  anda_error code = ANDA_ERROR_NONE;
  std::uint32_t word = 0;

  explicit operator bool() const { return code != ANDA_ERROR_NONE; }
};

/// Returns a fault in the word that holds a field (ANDA_DESCRIPTOR_…).
inline DescriptorFault fault(anda_error code, std::uint32_t field) { return {code, anda_field_word(field)}; }

/// Operand in memory, with the descriptor field that holds its address.
struct Region {
  std::uint64_t address;
  std::uint32_t field;
  std::uint64_t bytes;
};

/// Returns the first fault: a misaligned address, or an operand that extends beyond the last address.
DescriptorFault check_regions(std::initializer_list<Region> regions);

/// One GeMM as software passes it to the controller. ANDA_DESCRIPTOR_FIELDS in register_map.h defines its words.
struct GemmDescriptor {
  static constexpr std::size_t words = ANDA_DESCRIPTOR_WORDS;

  std::uint32_t m = 0;
  std::uint32_t n = 0;
  std::uint32_t k = 0;
  std::uint32_t input_mantissa_bits = 0;
  std::uint32_t output_mantissa_bits = 0;
  std::uint32_t weight_bits = 4;
  StepShape step;
  GemmAddresses addresses;
  std::uint32_t scale_bits = 16;  ///< 16: FP16 scales; 8: powers of two; 5: shared exponents; 0: none
  std::uint32_t scale_group = 0;  ///< weights along k that share a scale, a power of two; 0: the machine's default
  bool zero_points = false;       ///< each scale has a zero point of weight_bits
  bool encoded_weights = false;   ///< codes of an operand format; groups share scale_bits (below 64)

  std::array<std::uint32_t, words> encode() const;

  /// Returns a fault if the words are not a GeMM (unknown opcode or loop order), a reserved bit is 1, or encoded
  /// weights have a scale format or zero points. Other values are not checked.
  static DescriptorFault decode(const std::uint32_t* encoded, GemmDescriptor& descriptor);
};

/// Weights of a later GeMM that load while the next descriptor runs: the first loads of the GeMM's first step.
struct LoadAheadDescriptor {
  GemmDescriptor gemm;      ///< whose weights they are
  std::uint32_t loads = 0;  ///< number of loads: parts of the first panel, then whole panels

  std::array<std::uint32_t, GemmDescriptor::words> encode() const;

  /// Whether the words are a load-ahead descriptor.
  static bool recognises(const std::uint32_t* encoded);
  static DescriptorFault decode(const std::uint32_t* encoded, LoadAheadDescriptor& descriptor);
};

/// One operation of the vector unit as software passes it to the controller, in the same word layout.
struct VectorDescriptor {
  VectorOperation operation = VectorOperation::copy;
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;
  std::uint32_t depth = 0;  ///< `multiply` and `top_k`
  std::uint32_t output_mantissa_bits = 0;
  std::uint32_t weight_bits = 0;  ///< of the second operand (`multiply`) or the result (`quantise`); otherwise 0
  std::uint32_t scale_bits = 16;
  std::uint32_t scale_group = 0;
  std::uint64_t input = 0;
  std::uint64_t second = 0;
  std::uint64_t output = 0;

  std::array<std::uint32_t, GemmDescriptor::words> encode() const;

  /// Whether the words are a vector descriptor.
  static bool recognises(const std::uint32_t* encoded);
  /// Returns a fault for an unknown operation, or if a bit without meaning for opcode 2 is 1. Values are not checked.
  static DescriptorFault decode(const std::uint32_t* encoded, VectorDescriptor& descriptor);
};

}  // namespace anda

#endif
