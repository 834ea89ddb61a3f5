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

/// Words of an on-chip buffer: of its data memory (planes, FP16 values, sums, weights) and, in the activation buffer,
/// of its exponent memory.
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

/// Sizes of the machine that decide what moves: array, words and halves of the buffers. Nothing of time.
struct Geometry {
  std::uint32_t rows = 0;     ///< of the array
  std::uint32_t columns = 0;  ///< of the array
  std::uint32_t group = 0;    ///< elements along k that a processing element takes in together
  bool compresses = false;    ///< finished results become Anda groups
  std::uint32_t data_word_bits = 0;
  std::uint32_t exponent_word_bits = 0;
  std::uint32_t weight_word_bits = 0;
  std::uint64_t activation_half_bytes = 0;  ///< of the address space, data and exponents together
  std::uint64_t weight_half_bytes = 0;

  Geometry() = default;
  Geometry(const MxuConfig& mxu, const ProcessingElement& element, const ActivationBufferConfig& activation_buffer,
           const WeightBufferConfig& weight_buffer);

  /// Words that height × k activations occupy. A plane of a row panel starts on a word of its own; of elements that lie
  /// one after another, a group of a row panel does.
  BufferWords activation_words(std::uint64_t height, std::uint64_t k, const ActivationFormat& format) const;
  /// Words of FP32 partial sums that follow each other without gaps.
  BufferWords partial_sum_words(std::uint64_t sums) const;
  /// Words of the codes of k × width weights.
  std::uint64_t weight_words(std::uint64_t k, std::uint64_t width, std::uint32_t bits) const;
  /// Words of the scales and zero points of k × width weights.
  std::uint64_t scale_words(std::uint64_t k, std::uint64_t width, const WeightFormat& format) const;
  /// After how many groups along k the words of scales begin as they did.
  std::uint64_t scale_period(std::uint64_t width, const WeightFormat& format) const;
};

}  // namespace anda

#endif
