// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BUFFER_BUFFER_CONFIG_H
#define ANDA_BUFFER_BUFFER_CONFIG_H

#include <cstdint>

#include <anda/base/describe.h>

namespace anda {

/// The activation buffer: a mantissa memory for bit planes (or FP16) and a memory for shared exponents.
struct ActivationBufferConfig {
  std::uint64_t mantissa_bytes = 1u << 20;
  std::uint64_t exponent_bytes = 1u << 17;
  std::uint32_t word_bits = 1024;
  std::uint32_t read_words_per_cycle = 2;
  std::uint32_t exponent_word_bits = 80;

  /// Size of a half in the buffer's address space. There, the exponents of each panel and group start on a byte
  /// boundary, so that 5 bits take up to 12, whereas the memory packs them.
  std::uint64_t half_address_bytes() const { return mantissa_bytes / 2 + (exponent_bytes / 2 * 12 + 4) / 5; }

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.number(
        "mantissa_bytes", self.mantissa_bytes, Range<std::uint64_t>{1024, 1u << 30},
        "capacity for sign and mantissa planes (FP16 values in the baselines); one half holds the data of one step");
    visit.number("exponent_bytes", self.exponent_bytes, Range<std::uint64_t>{64, 1u << 27},
                 "capacity for shared exponents; one half holds the data of one step");
    visit.number("word_bits", self.word_bits, Range<std::uint32_t>{8, 65536},
                 "word width of the mantissa memory: one bit plane of a row tile");
    visit.number("read_words_per_cycle", self.read_words_per_cycle, Range<std::uint32_t>{1, 64},
                 "maximum words that the array reads per cycle: Anda needs one; FP16 values, for elements of 8 cycles, "
                 "two (assumed: not published)");
    visit.number("exponent_word_bits", self.exponent_word_bits, Range<std::uint32_t>{5, 65536},
                 "width of an exponent word: 5 bits for each row of a tile");
  }
};

/// The weight buffer.
struct WeightBufferConfig {
  std::uint64_t bytes = 1u << 20;
  std::uint32_t word_bits = 1024;

  /// Size of a half in the buffer's address space. There, each panel, of at least 3 bytes, starts on a byte boundary.
  std::uint64_t half_address_bytes() const { return bytes / 2 + bytes / 6 + 1; }

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.number("bytes", self.bytes, Range<std::uint64_t>{1024, 1u << 30},
                 "capacity for packed weights and their scales; one half holds the weights of one step");
    visit.number("word_bits", self.word_bits, Range<std::uint32_t>{8, 65536},
                 "bits that the weight port delivers to the array per cycle");
  }
};

}  // namespace anda

#endif
