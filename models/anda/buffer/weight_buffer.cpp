// SPDX-License-Identifier: Apache-2.0
#include <anda/buffer/weight_buffer.h>

#include <anda/base/math.h>

namespace anda {

WeightBuffer::WeightBuffer(sc_core::sc_module_name name, const WeightBufferConfig& config)
    : sc_module(name), config_(config) {
  counters_.add("weight_buffer.words_read", "words", "words read from the weight buffer, scales included", words_read_);
  counters_.add("weight_buffer.words_written", "words", "words written to the weight buffer, scales included",
                words_written_);
}

std::uint64_t WeightBuffer::words(std::uint64_t elements, std::uint64_t columns, std::uint32_t bits) const {
  return ceil_div(elements * columns * bits, config_.word_bits);
}

std::uint64_t WeightBuffer::scale_words(std::uint64_t k, std::uint64_t columns, std::uint32_t scale_group) const {
  return ceil_div(ceil_div(k, scale_group) * columns * 16, config_.word_bits);
}

}  // namespace anda
