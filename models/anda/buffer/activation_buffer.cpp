// SPDX-License-Identifier: Apache-2.0
#include <anda/buffer/activation_buffer.h>

#include <anda/base/math.h>

namespace anda {

ActivationBuffer::ActivationBuffer(sc_core::sc_module_name name, const ActivationBufferConfig& config)
    : sc_module(name), config_(config) {
  counters_.add("activation_buffer.mantissa_words_read", "words", "words read from the mantissa memory",
                read_.mantissa);
  counters_.add("activation_buffer.mantissa_words_written", "words", "words written to the mantissa memory",
                written_.mantissa);
  counters_.add("activation_buffer.exponent_words_read", "words", "words read from the exponent memory",
                read_.exponent);
  counters_.add("activation_buffer.exponent_words_written", "words", "words written to the exponent memory",
                written_.exponent);
}

ActivationBuffer::Words ActivationBuffer::words(std::uint64_t rows, std::uint64_t k,
                                                const ActivationFormat& format) const {
  if (format.is_fp16()) return {ceil_div(rows * k * 16, config_.word_bits), 0};
  const std::uint64_t groups = ceil_div(k, format.group_size);
  return {groups * (format.mantissa_bits + 1) * ceil_div(rows * format.group_size, config_.word_bits),
          groups * ceil_div(rows * ActivationFormat::exponent_bits, config_.exponent_word_bits)};
}

std::uint64_t ActivationBuffer::read_cycles(std::uint64_t words) const {
  return ceil_div(words, config_.read_words_per_cycle);
}

ActivationBuffer::Words ActivationBuffer::partial_sum_words(std::uint64_t rows, std::uint64_t columns) const {
  return {ceil_div(rows * columns * 32, config_.word_bits), 0};
}

}  // namespace anda
