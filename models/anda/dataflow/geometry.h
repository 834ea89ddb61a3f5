// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DATAFLOW_GEOMETRY_H
#define ANDA_DATAFLOW_GEOMETRY_H

#include <cstdint>

#include <anda/buffer/buffer_config.h>
#include <anda/mxu/mxu_config.h>
#include <anda/numeric/activation_format.h>
#include <anda/numeric/weight_format.h>

namespace anda {

class ProcessingElement;

/// Numbers of words of an on-chip buffer: in its data memory (bit planes, FP16 values, partial sums, weights) and, in
/// the activation buffer, its exponent memory.
struct BufferWords {
  std::uint64_t data = 0;
  std::uint64_t exponent = 0;

  BufferWords& operator+=(const BufferWords& other) {
    data += other.data;
    exponent += other.exponent;
    return *this;
  }
  BufferWords operator-(const BufferWords& other) const { return {data - other.data, exponent - other.exponent}; }
  BufferWords operator*(std::uint64_t times) const { return {data * times, exponent * times}; }
};

/// Sizes of the machine that determine what moves, independent of time: array, buffer words and buffer halves.
struct Geometry {
  std::uint32_t rows = 0;     ///< of the array
  std::uint32_t columns = 0;  ///< of the array
  std::uint32_t group = 0;    ///< elements along k that a processing element takes in at once
  bool compresses = false;    ///< whether finished results can become Anda groups
  std::uint32_t data_word_bits = 0;
  std::uint32_t exponent_word_bits = 0;
  std::uint32_t weight_word_bits = 0;
  std::uint64_t activation_half_bytes = 0;  ///< in the buffer's address space, data and exponents together
  std::uint64_t weight_half_bytes = 0;

  Geometry() = default;
  Geometry(const MxuConfig& mxu, const ProcessingElement& element, const ActivationBufferConfig& activation_buffer,
           const WeightBufferConfig& weight_buffer);

  /// Words that height × k activations occupy. Each bit plane of a row panel's group starts on a new word; in packed
  /// formats, each group of a row panel does; FP16 values have no gaps.
  BufferWords activation_words(std::uint64_t height, std::uint64_t k, const ActivationFormat& format) const;
  /// Words of contiguous FP32 partial sums.
  BufferWords partial_sum_words(std::uint64_t sums) const;
  /// Words of the codes of k × width weights.
  std::uint64_t weight_words(std::uint64_t k, std::uint64_t width, std::uint32_t bits) const;
  /// Words of the scales and zero points of k × width weights.
  std::uint64_t scale_words(std::uint64_t k, std::uint64_t width, const WeightFormat& format) const;
  /// Number of groups along k after which scales have the same alignment to groups and words again.
  std::uint64_t scale_period(std::uint64_t width, const WeightFormat& format) const;
};

}  // namespace anda

#endif
