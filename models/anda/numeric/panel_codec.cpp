// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/panel_codec.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include <anda/base/error.h>
#include <anda/numeric/block_layout.h>
#include <anda/numeric/encoded_panel.h>
#include <anda/numeric/panel_bytes.h>

namespace anda {

using panel_bytes::Eight;
using panel_bytes::exponent_at;
using panel_bytes::load;
using panel_bytes::mantissas_at;
using panel_bytes::over_scale_groups;
using panel_bytes::put_exponent;
using panel_bytes::store;

namespace {

/// Packs one block of rows × up to group_size values.
void pack_block(const Fp16* values, std::size_t stride, std::size_t rows, std::size_t count, const GroupFormat& format,
                std::uint8_t* bytes, EncodingLoss& loss) {
  const std::size_t row_bytes = format.group_size / 8;
  const std::size_t plane_bytes = rows * row_bytes;
  std::uint8_t* exponents = bytes + block_plane_bytes(rows, format);
  std::memset(exponents, 0, block_exponent_bytes(rows));
  for (std::size_t row = 0; row < rows; ++row) {
    const Fp16* from = values + row * stride;
    const std::uint32_t shared = shared_exponent(from, count);
    for (std::size_t b = 0; b < row_bytes; ++b) {
      std::array<std::uint32_t, 8> m{};
      std::uint32_t sign = 0;
      const std::size_t here = std::min<std::size_t>(8, count - std::min(count, 8 * b));
      for (std::size_t i = 0; i < here; ++i) {
        const Fp16 value = from[8 * b + i];
        m[i] = aligned_mantissa(value.significand(), format.mantissa_bits, shared - value.effective_exponent());
        if (value.negative()) sign |= 1u << i;
        if (m[i] == 0 && value.significand() != 0) ++loss.zeroed;
      }
      std::uint8_t* at = bytes + row * row_bytes + b;
      *at = static_cast<std::uint8_t>(sign);
      for (std::uint32_t p = format.mantissa_bits; p-- > 0;) {
        at += plane_bytes;
        std::uint32_t plane = 0;
        for (std::size_t i = 0; i < 8; ++i) plane |= ((m[i] >> p) & 1) << i;
        *at = static_cast<std::uint8_t>(plane);
      }
    }
    put_exponent(exponents, row, shared);
  }
}

/// Some rows of a matrix of codes, starting at row `first` of the panel.
struct CodeRows {
  std::size_t first;
  std::size_t count;
};

/// Packs codes in two's complement into a little-endian bit stream whose bytes are initially 0.
void pack_codes(const std::int8_t* codes, std::size_t stride, const CodeRows& rows, std::size_t columns,
                std::uint32_t bits, std::uint8_t* packed, const char* what) {
  const int end = 1 << (bits - 1);
  std::size_t bit = 0;
  for (std::size_t i = 0; i < rows.count; ++i) {
    for (std::size_t c = 0; c < columns; ++c, bit += bits) {
      const std::int8_t code = codes[i * stride + c];
      if (code < -end || code >= end) {
        throw Error::input(what + std::to_string(code) + " at k = " + std::to_string(rows.first + i) +
                           " does not fit in " + std::to_string(bits) + " bits");
      }
      const std::uint32_t placed = (static_cast<std::uint8_t>(code) & ((1u << bits) - 1)) << (bit % 8);
      packed[bit / 8] = static_cast<std::uint8_t>(packed[bit / 8] | (placed & 0xFF));
      if ((placed >> 8) != 0) packed[bit / 8 + 1] = static_cast<std::uint8_t>(placed >> 8);
    }
  }
}

/// Packs the scales of a scale group, or the exponents of scales that are powers of two.
void pack_scales(const Fp16* scales, std::size_t columns, const WeightFormat& format, std::uint8_t* bytes) {
  if (format.scale_bits != shared_exponent_bits) {
    for (std::size_t c = 0; c < columns; ++c) store(bytes + 2 * c, scales[c]);
    return;
  }
  std::memset(bytes, 0, ceil_div(columns * shared_exponent_bits, 8));
  for (std::size_t c = 0; c < columns; ++c) put_exponent(bytes, c, exponent_of_scale(scales[c], format.bits));
}

}  // namespace

void pack_activations(const Fp16* values, std::size_t stride, std::size_t rows, std::size_t k,
                      const ActivationFormat& format, std::uint8_t* bytes, EncodingLoss& loss) {
  if (format.is_fp16()) {
    for (std::size_t i = 0; i < k; ++i) {
      for (std::size_t row = 0; row < rows; ++row) store(bytes + 2 * (i * rows + row), values[row * stride + i]);
    }
    return;
  }
  if (format.is_encoded()) {
    loss.zeroed += pack_encoded(values, stride, rows, k, format, bytes);
    return;
  }
  const GroupFormat group{format.group_size, format.mantissa_bits};
  const std::uint64_t block = block_bytes(rows, group);
  for (std::size_t first = 0; first < k; first += format.group_size, bytes += block) {
    const std::size_t count = std::min<std::size_t>(format.group_size, k - first);
    pack_block(values + first, stride, rows, count, group, bytes, loss);
  }
}

void unpack_activations(const std::uint8_t* bytes, std::size_t rows, std::size_t k, const ActivationFormat& format,
                        Fp16* values, std::size_t stride) {
  if (format.is_fp16()) {
    for (std::size_t i = 0; i < k; ++i) {
      for (std::size_t row = 0; row < rows; ++row) values[row * stride + i] = load(bytes + 2 * (i * rows + row));
    }
    return;
  }
  if (format.is_encoded()) {
    std::vector<float> numbers(rows * k);
    unpack_encoded(bytes, rows, k, format, numbers.data(), k);
    for (std::size_t i = 0; i < numbers.size(); ++i) values[i / k * stride + i % k] = to_fp16(numbers[i]);
    return;
  }
  const GroupFormat group{format.group_size, format.mantissa_bits};
  const std::uint64_t block = block_bytes(rows, group);
  const std::size_t row_bytes = format.group_size / 8;
  const std::size_t plane_bytes = rows * row_bytes;
  for (std::size_t first = 0; first < k; first += format.group_size, bytes += block) {
    const std::size_t count = std::min<std::size_t>(format.group_size, k - first);
    for (std::size_t row = 0; row < rows; ++row) {
      const std::uint32_t shared = exponent_at(bytes + block_plane_bytes(rows, group), row);
      // A mantissa times a power of two is exact in FP32, and a truncated FP16 number is still an FP16 number.
      const std::uint32_t power_bits = (shared + 127 - 14 - format.mantissa_bits) << 23;
      float power = 0;
      std::memcpy(&power, &power_bits, sizeof power);
      for (std::size_t b = 0; 8 * b < count; ++b) {
        const std::uint8_t* at = bytes + row * row_bytes;
        const Eight m = mantissas_at(at, plane_bytes, b, 1, format.mantissa_bits);
        const std::size_t here = std::min<std::size_t>(8, count - 8 * b);
        for (std::size_t i = 0; i < here; ++i) {
          const float magnitude = static_cast<float>(m[i]) * power;
          values[row * stride + first + 8 * b + i] = to_fp16((at[b] >> i & 1) != 0 ? -magnitude : magnitude);
        }
      }
    }
  }
}

void pack_weights(const std::int8_t* codes, const Fp16* scales, std::size_t stride, std::size_t k, std::size_t columns,
                  const WeightFormat& format, std::uint8_t* bytes, const std::int8_t* zeros) {
  check_format(format);
  over_scale_groups(
      bytes, k, columns, format,
      [&](std::size_t first, std::size_t count, std::uint8_t* packed, std::uint8_t* packed_scales,
          std::uint8_t* packed_zeros) {
        std::memset(packed, 0, static_cast<std::size_t>(packed_scales - packed));
        pack_codes(&codes[first * stride], stride, {first, count}, columns, format.bits, packed, "weight ");
        const std::size_t group = first / format.scale_group;
        pack_scales(&scales[group * stride], columns, format, packed_scales);
        if (!format.has_zero_points()) return;
        std::memset(packed_zeros, 0, format.zero_bytes(columns));
        pack_codes(&zeros[group * stride], stride, {first, 1}, columns, format.bits, packed_zeros, "zero point ");
      });
}

void pack_weights(const Fp16* values, std::size_t stride, std::size_t k, std::size_t columns, std::uint8_t* bytes) {
  for (std::size_t i = 0; i < k; ++i) {
    for (std::size_t c = 0; c < columns; ++c, bytes += 2) store(bytes, values[i * stride + c]);
  }
}

}  // namespace anda
