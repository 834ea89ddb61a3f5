// SPDX-License-Identifier: Apache-2.0
#include <anda/dataflow/geometry.h>

#include <numeric>

#include <anda/base/math.h>
#include <anda/mxu/processing_element/processing_element.h>

namespace anda {

Geometry::Geometry(const MxuConfig& mxu, const ProcessingElement& element,
                   const ActivationBufferConfig& activation_buffer, const WeightBufferConfig& weight_buffer)
    : rows(mxu.rows),
      columns(mxu.columns),
      group(element.group_elements()),
      compresses(element.compresses()),
      data_word_bits(activation_buffer.word_bits),
      exponent_word_bits(activation_buffer.exponent_word_bits),
      weight_word_bits(weight_buffer.word_bits),
      activation_half_bytes(activation_buffer.half_address_bytes()),
      weight_half_bytes(weight_buffer.half_address_bytes()) {}

BufferWords Geometry::activation_words(std::uint64_t height, std::uint64_t k, const ActivationFormat& format) const {
  if (format.is_fp16()) return {ceil_div(height * k * 16, data_word_bits), 0};
  const std::uint64_t groups = ceil_div(k, format.group_size);
  const std::uint64_t planes = format.mantissa_bits + 1;
  const std::uint64_t values = height * format.group_size;
  const std::uint64_t of_group =
      format.packed ? ceil_div(values * planes, data_word_bits) : planes * ceil_div(values, data_word_bits);
  return {groups * of_group, groups * ceil_div(height * format.shared_bits, exponent_word_bits)};
}

BufferWords Geometry::partial_sum_words(std::uint64_t sums) const { return {ceil_div(sums * 32, data_word_bits), 0}; }

std::uint64_t Geometry::weight_words(std::uint64_t k, std::uint64_t width, std::uint32_t bits) const {
  return ceil_div(k * width * bits, weight_word_bits);
}

std::uint64_t Geometry::scale_words(std::uint64_t k, std::uint64_t width, const WeightFormat& format) const {
  return ceil_div(ceil_div(k, format.scale_group) * width * (format.scale_bits + format.zero_bits), weight_word_bits);
}

std::uint64_t Geometry::scale_period(std::uint64_t width, const WeightFormat& format) const {
  const std::uint64_t groups = std::lcm(std::uint64_t{group}, std::uint64_t{format.scale_group}) / group;
  const std::uint64_t bits = groups * group / format.scale_group * width * (format.scale_bits + format.zero_bits);
  return groups * (weight_word_bits / std::gcd(bits, std::uint64_t{weight_word_bits}));
}

}  // namespace anda
