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

/// What is wrong with a descriptor, and in which of its words.
struct DescriptorFault {
  anda_error code = ANDA_ERROR_NONE;
  std::uint32_t word = 0;

  explicit operator bool() const { return code != ANDA_ERROR_NONE; }
};

/// A fault in the word of a field (ANDA_DESCRIPTOR_…).
inline DescriptorFault fault(anda_error code, std::uint32_t field) { return {code, anda_field_word(field)}; }

/// An operand in memory, by the field that says where.
struct Region {
  std::uint64_t address;
  std::uint32_t field;
  std::uint64_t bytes;
};

/// Faults: an address that is not aligned, or bytes behind the last address.
DescriptorFault check_regions(std::initializer_list<Region> regions);

/// One GeMM as software hands it to the controller; as words, laid out by ANDA_DESCRIPTOR_FIELDS in register_map.h.
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
  std::uint32_t scale_bits = 16;  ///< 16: FP16 scales; 5: shared exponents; 0: neither
  std::uint32_t scale_group = 0;  ///< weights along k that share one, a power of two; 0: the machine's
  bool zero_points = false;       ///< of weight_bits, beside each scale
  bool encoded_weights = false;   ///< no integers; groups share scale_bits of any number below 64

  std::array<std::uint32_t, words> encode() const;

  /// Faults: no GeMM (another opcode or loop order), or a reserved bit that is 1. Values are not checked.
  static DescriptorFault decode(const std::uint32_t* encoded, GemmDescriptor& descriptor);
};

/// Weights of a GeMM to come, which load while the descriptor behind this one runs: the first loads of its first step.
struct LoadAheadDescriptor {
  GemmDescriptor gemm;      ///< whose weights they are
  std::uint32_t loads = 0;  ///< panels, of the first one its parts

  std::array<std::uint32_t, GemmDescriptor::words> encode() const;

  /// Whether the words are one of these.
  static bool recognises(const std::uint32_t* encoded);
  static DescriptorFault decode(const std::uint32_t* encoded, LoadAheadDescriptor& descriptor);
};

/// One operation of the vector unit as software hands it to the controller, in the same words.
struct VectorDescriptor {
  VectorOperation operation = VectorOperation::copy;
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;
  std::uint32_t depth = 0;  ///< `multiply` and `top_k`
  std::uint32_t output_mantissa_bits = 0;
  std::uint32_t weight_bits = 0;  ///< `multiply`: of the second operand; `quantise`: of the result; otherwise 0
  std::uint32_t scale_bits = 16;
  std::uint32_t scale_group = 0;
  std::uint64_t input = 0;
  std::uint64_t second = 0;
  std::uint64_t output = 0;

  std::array<std::uint32_t, GemmDescriptor::words> encode() const;

  /// Whether the words are one of these rather than a GeMM.
  static bool recognises(const std::uint32_t* encoded);
  /// Faults: an unknown operation, or a bit that has no meaning for it and is 1. Values are not checked.
  static DescriptorFault decode(const std::uint32_t* encoded, VectorDescriptor& descriptor);
};

}  // namespace anda

#endif
