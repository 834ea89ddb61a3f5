// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/cache_codec.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include <anda/base/error.h>
#include <anda/numeric/format/bit_stream.h>
#include <anda/numeric/group_format.h>
#include <anda/numeric/round_values.h>
#include <anda/numeric/weight.h>

namespace anda {
namespace {

constexpr std::uint32_t least_bits = 2;
constexpr std::uint32_t most_bits = 16;
constexpr std::uint32_t fp16_bits = 16;

/// The elements of one group, gathered contiguously.
using Halves = std::array<Fp16, max_group_size>;
using Floats = std::array<float, max_group_size>;

double largest_code(std::uint32_t bits) { return static_cast<double>((1 << (bits - 1)) - 1); }

// A double is precise enough that a quotient of two FP16 numbers, or of one and a 15-bit code, rounds to FP16 or to an
// integer as if rounded once (weight.cpp).
Fp16 scale_of(double largest, std::uint32_t bits) { return to_fp16(largest / largest_code(bits)); }

/// Returns the code of x as an integer. A subnormal scale may have been rounded down so far that the quotient leaves
/// the grid.
double code_of(double x, double scale, std::uint32_t bits) {
  if (scale == 0) return 0;
  const double highest = largest_code(bits);
  return std::clamp(std::nearbyint(x / scale), -highest, highest) + 0.0;  // no −0
}

void put_integers(const Halves& group, std::size_t count, const CacheFormat& format, BitWriter& out) {
  std::array<std::int32_t, max_group_size> codes{};
  const Fp16 scale = encode_integers(group.data(), count, format.bits, codes.data());
  for (std::size_t i = 0; i < count; ++i) {
    out.put(static_cast<std::uint32_t>(codes[i]) & ((1u << format.bits) - 1), format.bits);
  }
  out.put(scale.bits, fp16_bits);
}

void put_anda(const Halves& group, std::size_t count, const CacheFormat& format, BitWriter& out) {
  const std::uint32_t exponent = shared_exponent(group.data(), count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t mantissa =
        aligned_mantissa(group[i].significand(), format.bits - 1, exponent - group[i].effective_exponent());
    out.put(mantissa | (group[i].negative() ? 1u << (format.bits - 1) : 0), format.bits);
  }
  out.put(exponent, shared_exponent_bits);
}

void take_integers(BitReader& in, std::size_t count, const CacheFormat& format, Floats& group) {
  std::array<std::int32_t, max_group_size> codes{};
  for (std::size_t i = 0; i < count; ++i) {
    const auto code = static_cast<std::int32_t>(in.take(format.bits));
    codes[i] = code >= 1 << (format.bits - 1) ? code - (1 << format.bits) : code;
  }
  const double scale = to_float(Fp16{static_cast<std::uint16_t>(in.take(fp16_bits))});
  for (std::size_t i = 0; i < count; ++i) group[i] = static_cast<float>(codes[i] * scale);
}

void take_anda(BitReader& in, std::size_t count, const CacheFormat& format, Floats& group) {
  std::array<std::uint32_t, max_group_size> elements{};
  for (std::size_t i = 0; i < count; ++i) elements[i] = in.take(format.bits);
  const std::uint32_t sign = 1u << (format.bits - 1);
  const int power = static_cast<int>(in.take(shared_exponent_bits)) - 14 - static_cast<int>(format.bits - 1);
  for (std::size_t i = 0; i < count; ++i) {
    const float magnitude = std::ldexp(static_cast<float>(elements[i] & (sign - 1)), power);
    group[i] = (elements[i] & sign) != 0 ? -magnitude : magnitude;
  }
}

/// The elements of one group of an operand format, gathered contiguously, and their codes.
struct OperandGroup {
  std::vector<float> values;
  std::vector<std::uint32_t> codes;
  std::vector<std::uint32_t> shared;

  OperandGroup(const OperandFormat& format, std::size_t most)
      : values(most), codes(most), shared(format.layout().shared.size()) {}

  void put(const OperandFormat& format, std::size_t count, BitWriter& out) {
    format.encode(values.data(), count, codes.data(), shared.data());
    for (std::size_t i = 0; i < count; ++i) out.put(codes[i], format.layout().element_bits);
    for (std::size_t i = 0; i < shared.size(); ++i) out.put(shared[i], format.layout().shared[i].bits);
  }
  void take(const OperandFormat& format, std::size_t count, BitReader& in) {
    for (std::size_t i = 0; i < count; ++i) codes[i] = in.take(format.layout().element_bits);
    for (std::size_t i = 0; i < shared.size(); ++i) shared[i] = in.take(format.layout().shared[i].bits);
    format.decode(codes.data(), shared.data(), count, values.data());
  }
  void round(const OperandFormat& format, std::size_t count) {
    format.encode(values.data(), count, codes.data(), shared.data());
    format.decode(codes.data(), shared.data(), count, values.data());
  }
};

/// Returns the largest number of elements in a group of this shape.
std::size_t most_elements(std::size_t tokens, std::size_t head_dim, const CacheFormat& format) {
  return std::min<std::size_t>(format.group_elements(), format.axis == CacheAxis::token ? head_dim : tokens);
}

/// Calls each(first, step, count) for the groups of whole tokens in memory order: elements first, first + step … of an
/// array whose tokens are `stride` apart.
template <class Each>
void over_groups(const CacheShape& shape, const CacheFormat& format, Each each) {
  const std::size_t group = format.group_elements();
  if (format.axis == CacheAxis::token) {
    for (std::size_t token = 0; token < shape.tokens; ++token) {
      for (std::size_t i = 0; i < shape.head_dim; i += group) {
        each(token * shape.stride + i, 1, std::min(group, shape.head_dim - i));
      }
    }
    return;
  }
  for (std::size_t token = 0; token + group <= shape.tokens; token += group) {
    for (std::size_t i = 0; i < shape.head_dim; ++i) each(token * shape.stride + i, shape.stride, group);
  }
}

void round_integers(float* group, std::size_t count, const CacheFormat& format) {
  double largest = 0;
  for (std::size_t i = 0; i < count; ++i) largest = std::max(largest, std::abs(double{group[i]}));
  const double scale = to_float(scale_of(largest, format.bits));
  for (std::size_t i = 0; i < count; ++i) group[i] = static_cast<float>(code_of(group[i], scale, format.bits) * scale);
}

}  // namespace

Fp16 encode_integers(const Fp16* group, std::size_t count, std::uint32_t bits, std::int32_t* codes) {
  double largest = 0;
  for (std::size_t i = 0; i < count; ++i) largest = std::max(largest, std::abs(double{to_float(group[i])}));
  const Fp16 scale = scale_of(largest, bits);
  for (std::size_t i = 0; i < count; ++i) {
    codes[i] = static_cast<std::int32_t>(code_of(to_float(group[i]), to_float(scale), bits));
  }
  return scale;
}

Fp16 encode_mantissas(const Fp16* group, std::size_t count, std::uint32_t bits, std::int32_t* codes) {
  const std::uint32_t exponent = shared_exponent(group, count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t difference = exponent - group[i].effective_exponent();
    const auto mantissa = static_cast<std::int32_t>(aligned_mantissa(group[i].significand(), bits - 1, difference));
    codes[i] = group[i].negative() ? -mantissa : mantissa;
  }
  return scale_of_exponent(exponent, bits);
}

void check_format(const CacheFormat& format) {
  if (format.is_fp16() || format.operand() != nullptr) return;  // operand formats are checked on creation
  if (format.bits < least_bits || format.bits > most_bits) {
    throw Error::input("bits of a cache format is " + std::to_string(format.bits) + ", must be " +
                       std::to_string(least_bits) + " … " + std::to_string(most_bits));
  }
  check_format(GroupFormat{format.group, format.bits - 1}, max_mantissa_bits);
}

std::vector<std::uint8_t> encode_cache(const Fp16* values, const CacheShape& shape, const CacheFormat& format) {
  check_format(format);
  for (std::size_t token = 0; token < shape.tokens; ++token) {
    for (std::size_t i = 0; i < shape.head_dim; ++i) {
      if (values[token * shape.stride + i].is_finite()) continue;
      throw Error::input("element " + std::to_string(i) + " of token " + std::to_string(token) +
                         " is NaN or infinite, must be finite to be stored in a cache");
    }
  }
  std::vector<std::uint8_t> bytes;
  bytes.reserve(format.bytes(shape.tokens, shape.head_dim));
  BitWriter out(bytes);
  if (const OperandFormat* operand = format.operand()) {
    OperandGroup group(*operand, most_elements(shape.tokens, shape.head_dim, format));
    over_groups(shape, format, [&](std::size_t first, std::size_t step, std::size_t count) {
      for (std::size_t i = 0; i < count; ++i) group.values[i] = to_float(values[first + i * step]);
      group.put(*operand, count, out);
    });
    out.fill_byte();
  } else if (!format.is_fp16()) {
    Halves group{};
    over_groups(shape, format, [&](std::size_t first, std::size_t step, std::size_t count) {
      for (std::size_t i = 0; i < count; ++i) group[i] = values[first + i * step];
      format.number == CacheNumber::anda ? put_anda(group, count, format, out)
                                         : put_integers(group, count, format, out);
    });
    out.fill_byte();
  }
  const std::size_t formatted = format.is_fp16() ? 0 : format.formatted(shape.tokens);
  for (std::size_t token = formatted; token < shape.tokens; ++token) {
    for (std::size_t i = 0; i < shape.head_dim; ++i) out.put(values[token * shape.stride + i].bits, fp16_bits);
  }
  return bytes;
}

std::vector<float> decode_cache(const std::vector<std::uint8_t>& bytes, std::size_t tokens, std::size_t head_dim,
                                const CacheFormat& format) {
  check_format(format);
  if (bytes.size() != format.bytes(tokens, head_dim)) {
    throw Error::input("a cache of " + std::to_string(tokens) + " × " + std::to_string(head_dim) + " elements has " +
                       std::to_string(bytes.size()) + " bytes, must have " +
                       std::to_string(format.bytes(tokens, head_dim)));
  }
  std::vector<float> values(tokens * head_dim);
  BitReader in(bytes);
  const CacheShape shape{tokens, head_dim, head_dim};
  if (const OperandFormat* operand = format.operand()) {
    OperandGroup group(*operand, most_elements(tokens, head_dim, format));
    over_groups(shape, format, [&](std::size_t first, std::size_t step, std::size_t count) {
      group.take(*operand, count, in);
      for (std::size_t i = 0; i < count; ++i) values[first + i * step] = group.values[i];
    });
    in.skip_to_byte();
  } else if (!format.is_fp16()) {
    Floats group{};
    over_groups(shape, format, [&](std::size_t first, std::size_t step, std::size_t count) {
      format.number == CacheNumber::anda ? take_anda(in, count, format, group)
                                         : take_integers(in, count, format, group);
      for (std::size_t i = 0; i < count; ++i) values[first + i * step] = group[i];
    });
    in.skip_to_byte();
  }
  const std::size_t formatted = format.is_fp16() ? 0 : format.formatted(tokens);
  for (std::size_t i = formatted * head_dim; i < values.size(); ++i) {
    values[i] = to_float(Fp16{static_cast<std::uint16_t>(in.take(fp16_bits))});
  }
  return values;
}

std::size_t round_cache(float* values, const CacheShape& shape, const CacheFormat& format) {
  check_format(format);
  const std::size_t all = shape.tokens * shape.head_dim;
  for (std::size_t token = 0; token < shape.tokens; ++token) {
    float* row = values + token * shape.stride;
    const std::size_t refused = round_values(row, shape.head_dim, ActivationFormat{}, row);
    if (refused != shape.head_dim) return token * shape.head_dim + refused;
  }
  if (format.is_fp16()) return all;
  if (const OperandFormat* operand = format.operand()) {
    OperandGroup group(*operand, most_elements(shape.tokens, shape.head_dim, format));
    over_groups(shape, format, [&](std::size_t first, std::size_t step, std::size_t count) {
      for (std::size_t i = 0; i < count; ++i) group.values[i] = values[first + i * step];
      group.round(*operand, count);
      for (std::size_t i = 0; i < count; ++i) values[first + i * step] = group.values[i];
    });
    return all;
  }
  Floats group{};
  over_groups(shape, format, [&](std::size_t first, std::size_t step, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) group[i] = values[first + i * step];
    if (format.number == CacheNumber::anda) {
      round_values(group.data(), count, ActivationFormat{format.bits - 1, format.group}, group.data());
    } else {
      round_integers(group.data(), count, format);
    }
    for (std::size_t i = 0; i < count; ++i) values[first + i * step] = group[i];
  });
  return all;
}

}  // namespace anda
