// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/reference/weight_column.h>

#include <algorithm>
#include <string>

#include <anda/base/error.h>

namespace anda {
namespace {

std::size_t scale_count(std::size_t k, const WeightFormat& format) {
  return (k + format.scale_group - 1) / format.scale_group;
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

}  // namespace

void check_column(const WeightColumn& column) {
  check_format(column.format);
  check_range(column.values, column.format.bits);
  const std::size_t expected = scale_count(column.values.size(), column.format);
  if (column.scales.size() != expected) {
    throw Error::input(std::to_string(column.values.size()) + " weights in scale groups of " +
                       std::to_string(column.format.scale_group) + " need " + std::to_string(expected) +
                       " scales, not " + std::to_string(column.scales.size()));
  }
  if (column.zeros.size() != (column.format.has_zero_points() ? expected : 0)) {
    throw Error::input("a column has " + std::to_string(column.zeros.size()) + " zero points, must have " +
                       std::to_string(column.format.has_zero_points() ? expected : 0));
  }
  check_range(column.zeros, column.format.bits);
  for (std::size_t i = 0; i < expected; ++i) {
    if (!column.scales[i].is_finite()) throw Error::input("weight scale " + std::to_string(i) + " is not finite");
  }
}

std::vector<std::uint8_t> pack_weights(const std::vector<std::int8_t>& values, std::uint32_t bits) {
  check_format(WeightFormat{bits, 1});
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
  check_format(WeightFormat{bits, 1});
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

void unpack_weights(const std::uint8_t* bytes, std::size_t k, std::size_t columns, const WeightFormat& format,
                    std::int8_t* codes, Fp16* scales, std::size_t stride, std::int8_t* zeros) {
  check_format(format);
  for (std::size_t first = 0; first < k; first += format.scale_group) {
    const std::size_t count = std::min<std::size_t>(format.scale_group, k - first);
    const std::uint8_t* end = bytes + packed_weight_bytes(count * columns, format.bits);
    const auto values = unpack_weights(std::vector<std::uint8_t>(bytes, end), count * columns, format.bits);
    for (std::size_t row = 0; row < count; ++row) {
      std::copy_n(values.data() + row * columns, columns, codes + (first + row) * stride);
    }
    for (std::size_t c = 0; c < columns; ++c) {
      scales[first / format.scale_group * stride + c] =
          Fp16{static_cast<std::uint16_t>(end[2 * c] | end[2 * c + 1] << 8)};
    }
    bytes = end + 2 * columns;
    if (format.has_zero_points()) {
      end = bytes + packed_weight_bytes(columns, format.bits);
      const auto here = unpack_weights(std::vector<std::uint8_t>(bytes, end), columns, format.bits);
      std::copy(here.begin(), here.end(), zeros + first / format.scale_group * stride);
      bytes = end;
    }
  }
}

std::vector<Fp16> dequantise(const WeightColumn& column) {
  check_column(column);
  std::vector<Fp16> result;
  result.reserve(column.values.size());
  for (std::size_t k = 0; k < column.values.size(); ++k) {
    // 9 by 11 bits: the product is exact in a double, so it is rounded once.
    const double exact = column.steps_of(k) * static_cast<double>(to_float(column.scale_of(k)));
    const Fp16 weight = to_fp16(exact);
    if (!weight.is_finite()) throw Error::input("weight " + std::to_string(k) + " times its scale is beyond 65504");
    result.push_back(weight);
  }
  return result;
}

}  // namespace anda
