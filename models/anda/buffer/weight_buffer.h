// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_BUFFER_WEIGHT_BUFFER_H
#define ANDA_BUFFER_WEIGHT_BUFFER_H

#include <cstdint>
#include <systemc>

#include <anda/buffer/buffer_config.h>
#include <anda/buffer/buffer_contents.h>
#include <anda/energy/counters.h>
#include <anda/numeric/activation_format.h>

namespace anda {

/// The weight buffer: packed weights and their scales, one port of a word a cycle, in two halves.
class WeightBuffer : public sc_core::sc_module {
 public:
  WeightBuffer(sc_core::sc_module_name name, const WeightBufferConfig& config);

  /// Words, and so cycles of the port, of the weights of `elements` along k for `columns` columns.
  std::uint64_t words(std::uint64_t elements, std::uint64_t columns, std::uint32_t bits) const;

  /// Words of the FP16 scales of k × columns weights. They are read between weights, in cycles the port has free.
  std::uint64_t scale_words(std::uint64_t k, std::uint64_t columns, std::uint32_t scale_group) const;

  void count_read(std::uint64_t words) { words_read_ += words; }
  void count_write(std::uint64_t words) { words_written_ += words; }

  /// Of a functional simulation: panels of weights.
  BufferContents& contents() { return contents_; }

  const WeightBufferConfig& config() const { return config_; }
  const Counters& counters() const { return counters_; }

 private:
  WeightBufferConfig config_;
  std::uint64_t words_read_ = 0;
  std::uint64_t words_written_ = 0;
  BufferContents contents_;
  Counters counters_;
};

}  // namespace anda

#endif
