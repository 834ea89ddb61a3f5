// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/weight.h>

#include <algorithm>
#include <cmath>
#include <string>

#include <anda/base/error.h>

namespace anda {
namespace {

std::size_t scale_count(std::size_t k, const WeightFormat& format) {
  return (k + format.scale_group - 1) / format.scale_group;
}

void check_bits(std::uint32_t bits) {
  if (bits < 1 || bits > max_weight_bits) {
    throw Error::input("weight_bits is " + std::to_string(bits) + ", must be 1 … " + std::to_string(max_weight_bits));
  }
}

void check_range(const std::vector<std::int8_t>& values, std::uint32_t bits) {
  const int end = 1 << (bits - 1);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i] < -end || values[i] >= end) {
      throw Error::input("weight " + std::to_string(i) + " is " + std::to_string(values[i]) +
                         ", which does not fit in " + std::to_string(bits) + (bits == 1 ? " bit" : " bits"));
    }
  }
}

/// The weight of largest magnitude that has a code: any sign, but with 1 bit only the negative ones.
double extent(const float* weights, std::size_t count, std::uint32_t bits) {
  double largest = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double weight = weights[i];
    largest = std::max(largest, bits == 1 ? -weight : std::abs(weight));
  }
  return largest;
}

}  // namespace

void check_format(const WeightFormat& format) {
  check_bits(format.bits);
  if (format.scale_group == 0) throw Error::input("scale_group is 0, must be at least 1");
}

void check_column(const WeightColumn& column) {
  check_format(column.format);
  check_range(column.values, column.format.bits);
  const std::size_t expected = scale_count(column.values.size(), column.format);
  if (column.scales.size() != expected) {
    throw Error::input(std::to_string(column.values.size()) + " weights in scale groups of " +
                       std::to_string(column.format.scale_group) + " need " + std::to_string(expected) +
                       " scales, not " + std::to_string(column.scales.size()));
  }
  for (std::size_t i = 0; i < expected; ++i) {
    if (!column.scales[i].is_finite()) throw Error::input("weight scale " + std::to_string(i) + " is not finite");
  }
}

std::uint64_t packed_weight_bytes(std::uint64_t count, std::uint32_t bits) { return (count * bits + 7) / 8; }

std::vector<std::uint8_t> pack_weights(const std::vector<std::int8_t>& values, std::uint32_t bits) {
  check_bits(bits);
  check_range(values, bits);
  std::vector<std::uint8_t> bytes(packed_weight_bytes(values.size(), bits), 0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::uint32_t code = static_cast<std::uint8_t>(values[i]) & ((1u << bits) - 1);
    const std::size_t bit = i * bits;
    const std::uint32_t placed = code << (bit % 8);  // up to 15 bits: a weight may cross into the next byte
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] | (placed & 0xFF));
    if ((placed >> 8) != 0) bytes[bit / 8 + 1] = static_cast<std::uint8_t>(placed >> 8);
  }
  return bytes;
}

std::vector<std::int8_t> unpack_weights(const std::vector<std::uint8_t>& bytes, std::size_t count, std::uint32_t bits) {
  check_bits(bits);
  const std::uint64_t expected = packed_weight_bytes(count, bits);
  if (bytes.size() != expected) {
    throw Error::input(std::to_string(count) + " weights of " + std::to_string(bits) + " bits take " +
                       std::to_string(expected) + " bytes, not " + std::to_string(bytes.size()));
  }
  std::vector<std::int8_t> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t bit = i * bits;
    std::uint32_t window = bytes[bit / 8];
    if (bit / 8 + 1 < bytes.size()) window |= std::uint32_t{bytes[bit / 8 + 1]} << 8;
    const auto code = static_cast<std::int32_t>((window >> (bit % 8)) & ((1u << bits) - 1));
    const std::int32_t end = 1 << (bits - 1);
    values[i] = static_cast<std::int8_t>(code >= end ? code - 2 * end : code);
  }
  return values;
}

WeightColumn quantise(const std::vector<float>& weights, const WeightFormat& format) {
  check_format(format);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (!std::isfinite(weights[i])) throw Error::input("weight " + std::to_string(i) + " is not finite");
  }
  const double highest = format.bits == 1 ? 0 : (1 << (format.bits - 1)) - 1;
  const double lowest = format.bits == 1 ? -1 : -highest;

  WeightColumn column;
  column.format = format;
  column.values.resize(weights.size());
  for (std::size_t first = 0; first < weights.size(); first += format.scale_group) {
    const std::size_t count = std::min<std::size_t>(format.scale_group, weights.size() - first);
    // A double holds enough bits that rounding the quotient to FP16 (below: to an integer) is rounding it once: a
    // quotient of 24-bit by 11-bit numbers that is not a tie is farther from one than 2^−53 of its size.
    const Fp16 scale = to_fp16(extent(&weights[first], count, format.bits) / -lowest);
    if (!scale.is_finite()) {
      throw Error::input("weights " + std::to_string(first) + " … " + std::to_string(first + count - 1) +
                         " are too large: their scale is beyond 65504");
    }
    const double step = to_float(scale);
    column.scales.push_back(scale);
    for (std::size_t i = first; i < first + count; ++i) {
      // A subnormal scale may be rounded down so far that the quotient leaves the grid: clamp.
      const double quotient = step == 0 ? 0 : std::nearbyint(static_cast<double>(weights[i]) / step);
      column.values[i] = static_cast<std::int8_t>(std::clamp(quotient, lowest, highest));
    }
  }
  return column;
}

std::vector<Fp16> dequantise(const WeightColumn& column) {
  check_column(column);
  std::vector<Fp16> result;
  result.reserve(column.values.size());
  for (std::size_t k = 0; k < column.values.size(); ++k) {
    // 8 by 11 bits: the product is exact in a double, so it is rounded once.
    const double exact = column.values[k] * static_cast<double>(to_float(column.scale_of(k)));
    const Fp16 weight = to_fp16(exact);
    if (!weight.is_finite()) throw Error::input("weight " + std::to_string(k) + " times its scale is beyond 65504");
    result.push_back(weight);
  }
  return result;
}

}  // namespace anda
