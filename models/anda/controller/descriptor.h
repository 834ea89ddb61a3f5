// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_CONTROLLER_DESCRIPTOR_H
#define ANDA_CONTROLLER_DESCRIPTOR_H

#include <array>
#include <cstdint>

#include <anda/controller/gemm_task.h>

namespace anda {

/// One GeMM as software hands it to the controller: 16 words of 32 bits in the instruction memory.
///
///   word   0      bits 7…0 opcode, 15…8 loop order (LoopOrder)
///   word   1…3    m, n, k
///   word   4      bits 7…0 mantissa bits of the input, 15…8 of the output (0: FP16), 23…16 weight bits
///   word   5…7    tile m, n, k
///   word   8…15   byte addresses of activations, weights, outputs, partial sums; low word first
struct GemmDescriptor {
  static constexpr std::size_t words = 16;
  static constexpr std::uint32_t opcode = 1;
  static constexpr std::uint32_t max_dimension = 1u << 24;

  std::uint32_t m = 0;
  std::uint32_t n = 0;
  std::uint32_t k = 0;
  std::uint32_t input_mantissa_bits = 0;
  std::uint32_t output_mantissa_bits = 0;
  std::uint32_t weight_bits = 4;
  TileShape tile;
  GemmAddresses addresses;

  std::array<std::uint32_t, words> encode() const;

  /// False when the words are no GeMM (another opcode or loop order).
  static bool decode(const std::uint32_t* encoded, GemmDescriptor& descriptor);
};

}  // namespace anda

#endif
