// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BUFFER_ACTIVATION_BUFFER_H
#define ANDA_BUFFER_ACTIVATION_BUFFER_H

#include <cstdint>
#include <systemc>

#include <anda/buffer/buffer_config.h>
#include <anda/buffer/buffer_contents.h>
#include <anda/energy/counters.h>
#include <anda/numeric/activation_format.h>

namespace anda {

/// The activation buffer: mantissa memory (bit planes, FP16 values, FP32 partial sums) and exponent memory, each in
/// two halves.
class ActivationBuffer : public sc_core::sc_module {
 public:
  /// Words of the two memories.
  struct Words {
    std::uint64_t mantissa = 0;
    std::uint64_t exponent = 0;

    Words& operator+=(const Words& other) {
      mantissa += other.mantissa;
      exponent += other.exponent;
      return *this;
    }
    Words operator*(std::uint64_t times) const { return {mantissa * times, exponent * times}; }
  };

  ActivationBuffer(sc_core::sc_module_name name, const ActivationBufferConfig& config);

  /// Words that rows × k activations occupy. A plane of a row tile starts on a word of its own.
  Words words(std::uint64_t rows, std::uint64_t k, const ActivationFormat& format) const;

  /// Cycles of the port for so many words of the mantissa memory to reach the array.
  std::uint64_t read_cycles(std::uint64_t words) const;

  /// Words that rows × columns FP32 partial sums occupy.
  Words partial_sum_words(std::uint64_t rows, std::uint64_t columns) const;

  void count_read(const Words& words) { read_ += words; }
  void count_write(const Words& words) { written_ += words; }

  /// Of a functional simulation: panels of activations, and the blocks of results or partial sums of a step.
  BufferContents& operands() { return operands_; }
  BufferContents& results() { return results_; }

  const ActivationBufferConfig& config() const { return config_; }
  const Counters& counters() const { return counters_; }

 private:
  ActivationBufferConfig config_;
  Words read_;
  Words written_;
  BufferContents operands_;
  BufferContents results_;
  Counters counters_;
};

}  // namespace anda

#endif
