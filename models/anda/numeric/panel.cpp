// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/panel.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include <anda/base/error.h>
#include <anda/base/math.h>
#include <anda/numeric/anda_group.h>
#include <anda/numeric/block_layout.h>
#include <anda/numeric/dot.h>
#include <anda/numeric/simd/kernels.h>
#include <anda/numeric/weight.h>

namespace anda {
namespace {

using Eight = std::array<std::uint16_t, 8>;

/// The bits of every byte, each in a number of its own.
constexpr std::array<Eight, 256> make_spread() {
  std::array<Eight, 256> table{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    for (std::size_t i = 0; i < 8; ++i) table[byte][i] = static_cast<std::uint16_t>((byte >> i) & 1);
  }
  return table;
}
constexpr std::array<Eight, 256> spread = make_spread();

void store(std::uint8_t* bytes, Fp16 value) {
  bytes[0] = static_cast<std::uint8_t>(value.bits & 0xFF);
  bytes[1] = static_cast<std::uint8_t>(value.bits >> 8);
}
Fp16 load(const std::uint8_t* bytes) { return Fp16{static_cast<std::uint16_t>(bytes[0] | bytes[1] << 8)}; }

std::uint32_t exponent_at(const std::uint8_t* exponents, std::size_t row) {
  const std::size_t bit = row * shared_exponent_bits;
  std::uint32_t window = exponents[bit / 8];
  if (bit % 8 + shared_exponent_bits > 8) window |= std::uint32_t{exponents[bit / 8 + 1]} << 8;
  return (window >> (bit % 8)) & ((1u << shared_exponent_bits) - 1);
}

/// Eight mantissas of a row, from byte `b` of its planes.
Eight mantissas_at(const std::uint8_t* planes, std::size_t plane_bytes, std::size_t b, std::uint32_t mantissa_bits) {
  Eight m{};
  for (std::uint32_t p = 1; p <= mantissa_bits; ++p) {
    const Eight& bits = spread[planes[p * plane_bytes + b]];
    for (std::size_t i = 0; i < 8; ++i) m[i] = static_cast<std::uint16_t>(m[i] * 2 + bits[i]);
  }
  return m;
}

/// One block of rows × up to group_size values.
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
    const std::size_t bit = row * shared_exponent_bits;
    const std::uint32_t placed = shared << (bit % 8);
    exponents[bit / 8] = static_cast<std::uint8_t>(exponents[bit / 8] | (placed & 0xFF));
    if ((placed >> 8) != 0) exponents[bit / 8 + 1] = static_cast<std::uint8_t>(placed >> 8);
  }
}

/// Calls each(first, count, weights' bytes, scales' bytes) for the scale groups of a weight panel.
template <class Bytes, class Each>
void over_scale_groups(Bytes* bytes, std::size_t k, std::size_t columns, const WeightFormat& format, Each each) {
  for (std::size_t first = 0; first < k; first += format.scale_group) {
    const std::size_t count = std::min<std::size_t>(format.scale_group, k - first);
    Bytes* scales = bytes + packed_weight_bytes(count * columns, format.bits);
    each(first, count, bytes, scales);
    bytes = scales + 2 * columns;
  }
}

/// Reads a little-endian bit stream of two's complement numbers.
class WeightReader {
 public:
  WeightReader(const std::uint8_t* bytes, std::uint32_t bits) : bytes_(bytes), bits_(bits), end_((1 << bits) >> 1) {}

  std::int32_t next() {
    if (available_ < bits_) {
      window_ |= std::uint32_t{*bytes_++} << available_;
      available_ += 8;
    }
    const auto code = static_cast<std::int32_t>(window_ & ((1u << bits_) - 1));
    window_ >>= bits_;
    available_ -= bits_;
    return code >= end_ ? code - 2 * end_ : code;
  }

 private:
  const std::uint8_t* bytes_;
  std::uint32_t bits_;
  std::int32_t end_;
  std::uint32_t window_ = 0;
  std::uint32_t available_ = 0;
};

}  // namespace

void pack_activations(const Fp16* values, std::size_t stride, std::size_t rows, std::size_t k,
                      const ActivationFormat& format, std::uint8_t* bytes, EncodingLoss& loss) {
  if (format.is_fp16()) {
    for (std::size_t i = 0; i < k; ++i) {
      for (std::size_t row = 0; row < rows; ++row) store(bytes + 2 * (i * rows + row), values[row * stride + i]);
    }
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
  const GroupFormat group{format.group_size, format.mantissa_bits};
  const std::uint64_t block = block_bytes(rows, group);
  const std::size_t row_bytes = format.group_size / 8;
  const std::size_t plane_bytes = rows * row_bytes;
  for (std::size_t first = 0; first < k; first += format.group_size, bytes += block) {
    const std::size_t count = std::min<std::size_t>(format.group_size, k - first);
    for (std::size_t row = 0; row < rows; ++row) {
      const std::uint32_t shared = exponent_at(bytes + block_plane_bytes(rows, group), row);
      // A mantissa times a power of two is exact in FP32, and what encoding left of an FP16 number is one.
      const std::uint32_t power_bits = (shared + 127 - 14 - format.mantissa_bits) << 23;
      float power = 0;
      std::memcpy(&power, &power_bits, sizeof power);
      for (std::size_t b = 0; 8 * b < count; ++b) {
        const std::uint8_t* at = bytes + row * row_bytes;
        const Eight m = mantissas_at(at, plane_bytes, b, format.mantissa_bits);
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
                  const WeightFormat& format, std::uint8_t* bytes) {
  check_format(format);
  const int end = 1 << (format.bits - 1);
  over_scale_groups(bytes, k, columns, format,
                    [&](std::size_t first, std::size_t count, std::uint8_t* packed, std::uint8_t* packed_scales) {
                      std::memset(packed, 0, static_cast<std::size_t>(packed_scales - packed));
                      std::size_t bit = 0;
                      for (std::size_t i = first; i < first + count; ++i) {
                        for (std::size_t c = 0; c < columns; ++c, bit += format.bits) {
                          const std::int8_t code = codes[i * stride + c];
                          if (code < -end || code >= end) {
                            throw Error::input("weight " + std::to_string(code) + " at k = " + std::to_string(i) +
                                               " does not fit in " + std::to_string(format.bits) + " bits");
                          }
                          const std::uint32_t placed = (static_cast<std::uint8_t>(code) & ((1u << format.bits) - 1))
                                                       << (bit % 8);
                          packed[bit / 8] = static_cast<std::uint8_t>(packed[bit / 8] | (placed & 0xFF));
                          if ((placed >> 8) != 0) packed[bit / 8 + 1] = static_cast<std::uint8_t>(placed >> 8);
                        }
                      }
                      const Fp16* from = scales + first / format.scale_group * stride;
                      for (std::size_t c = 0; c < columns; ++c) store(packed_scales + 2 * c, from[c]);
                    });
}

void unpack_weights(const std::uint8_t* bytes, std::size_t k, std::size_t columns, const WeightFormat& format,
                    std::int8_t* codes, Fp16* scales, std::size_t stride) {
  check_format(format);
  over_scale_groups(
      bytes, k, columns, format,
      [&](std::size_t first, std::size_t count, const std::uint8_t* packed, const std::uint8_t* packed_scales) {
        WeightReader reader(packed, format.bits);
        for (std::size_t i = first; i < first + count; ++i) {
          for (std::size_t c = 0; c < columns; ++c) codes[i * stride + c] = static_cast<std::int8_t>(reader.next());
        }
        Fp16* to = scales + first / format.scale_group * stride;
        for (std::size_t c = 0; c < columns; ++c) to[c] = load(packed_scales + 2 * c);
      });
}

ActivationPanel::ActivationPanel(const std::uint8_t* bytes, std::size_t rows, std::size_t k,
                                 const ActivationFormat& format, [[maybe_unused]] Simd simd)
    : rows_(rows), k_(format.is_fp16() ? k : round_up(k, format.group_size)), format_(format) {
  if (format.is_fp16()) {
    values_.resize(rows * k);
#ifdef ANDA_X86_KERNELS
    if (simd != Simd::portable) {
      kernels::to_floats_avx2(bytes, rows * k, values_.data());
      return;
    }
#endif
    for (std::size_t i = 0; i < rows * k; ++i) values_[i] = to_float(load(bytes + 2 * i));
    return;
  }
  const std::uint32_t bits = format.mantissa_bits;
  const std::uint64_t block = block_bytes(rows, {format.group_size, bits});
  const std::size_t row_bytes = format.group_size / 8;
  const std::size_t plane_bytes = rows * row_bytes;
  const bool halved = bits == max_mantissa_bits;  // ±65535 does not fit in 16 bits
  low_bits_ = halved ? halved_low_bits : 0;
  const std::size_t groups = k_ / format.group_size;
  high_.resize(rows * k_);
  if (halved) low_.resize(rows * k_);
  exponents_.resize(groups * rows);
  for (std::size_t group = 0; group < groups; ++group, bytes += block) {
    for (std::size_t row = 0; row < rows; ++row) {
      exponents_[group * rows + row] = static_cast<std::uint8_t>(exponent_at(bytes + (bits + 1) * plane_bytes, row));
      const std::uint8_t* at = bytes + row * row_bytes;
      const std::size_t to = row * k_ + group * format.group_size;
#ifdef ANDA_X86_KERNELS
      if (simd == Simd::avx512 && format.group_size % 32 == 0) {
        const std::size_t high_bits = halved ? bits - 1 : bits;
        kernels::unpack_planes_avx512({at, plane_bytes, format.group_size, 1, high_bits, &high_[to]});
        if (halved) kernels::unpack_planes_avx512({at, plane_bytes, format.group_size, bits, 1, &low_[to]});
        continue;
      }
#endif
      for (std::size_t b = 0; b < row_bytes; ++b) {
        const Eight m = mantissas_at(at, plane_bytes, b, bits);
        const Eight& signs = spread[at[b]];
        for (std::size_t i = 0; i < 8; ++i) {
          const int magnitude = m[i] >> low_bits_;
          const int sign = -signs[i];
          high_[to + 8 * b + i] = static_cast<std::int16_t>((magnitude ^ sign) - sign);
        }
        if (!halved) continue;
        for (std::size_t i = 0; i < 8; ++i) {
          const int last = m[i] & 1;
          low_[to + 8 * b + i] = static_cast<std::int16_t>(signs[i] != 0 ? -last : last);
        }
      }
    }
  }
}

ActivationPanel ActivationPanel::aligned(const std::uint8_t* bytes, std::size_t rows, std::size_t k,
                                         const GroupFormat& format, NonFiniteCounts& replaced,
                                         [[maybe_unused]] Simd simd) {
  check_format(format, max_aligned_bits);
  ActivationPanel panel;
  panel.rows_ = rows;
  panel.k_ = round_up(k, format.group_size);
  panel.format_ = {format.mantissa_bits, format.group_size};
  if (format.mantissa_bits >= max_mantissa_bits) {
    panel.low_bits_ = format.mantissa_bits == max_mantissa_bits ? halved_low_bits : wide_low_bits;
  }
  panel.high_.resize(rows * panel.k_);
  if (panel.low_bits_ != 0) panel.low_.resize(rows * panel.k_);
  panel.exponents_.resize(panel.k_ / format.group_size * rows);
  const auto align = [&](const std::uint8_t* values) {
    const kernels::AlignTile tile{values,
                                  rows,
                                  k,
                                  format.group_size,
                                  format.mantissa_bits,
                                  panel.low_bits_,
                                  panel.high_.data(),
                                  panel.low_bits_ != 0 ? panel.low_.data() : nullptr,
                                  panel.k_,
                                  panel.exponents_.data()};
#ifdef ANDA_X86_KERNELS
    if (simd != Simd::portable) return kernels::align_avx2(tile);
#endif
    return kernels::align_portable(tile);
  };
  if (align(bytes)) return panel;
  std::vector<std::uint8_t> finite(2 * rows * k);
  for (std::size_t i = 0; i < rows * k; ++i) {
    store(&finite[2 * i], make_finite(load(bytes + 2 * i), NonFinite::saturate, {}, i, replaced));
  }
  align(finite.data());
  return panel;
}

WeightPanel::WeightPanel(const std::uint8_t* bytes, std::size_t k, std::size_t columns, const WeightFormat& format,
                         Kind kind, std::size_t group_size)
    : k_(kind == Kind::integer ? round_up(k, group_size) : k),
      columns_(columns),
      padded_columns_(round_up(columns, kernel_columns)),
      format_(format) {
  const bool scaled = kind == Kind::integer || kind == Kind::code;
  if (scaled) scales_.resize(ceil_div(k, format.scale_group) * padded_columns_, 0);
  if (kind == Kind::integer) {
    pairs_.resize(k_ * padded_columns_, 0);
  } else {
    values_.resize(k_ * padded_columns_, 0);
  }
  over_scale_groups(
      bytes, k, columns, format,
      [&](std::size_t first, std::size_t count, const std::uint8_t* packed, const std::uint8_t* packed_scales) {
        WeightReader reader(packed, format.bits);
        std::vector<float> scales(columns);
        for (std::size_t c = 0; c < columns; ++c) scales[c] = to_float(load(packed_scales + 2 * c));
        if (scaled) {
          std::copy(scales.begin(), scales.end(),
                    scales_.begin() + static_cast<std::ptrdiff_t>(first / format.scale_group * padded_columns_));
        }
        // A scale group has few codes and many weights: what becomes of each code is found once.
        const std::size_t codes = std::size_t{1} << format.bits;
        const std::int32_t lowest = -(std::int32_t{1} << (format.bits - 1));
        std::vector<float> table(kind == Kind::integer ? 0 : columns * codes);
        for (std::size_t entry = 0; entry < table.size(); ++entry) {
          const std::int32_t code = lowest + static_cast<std::int32_t>(entry % codes);
          const float exact = static_cast<float>(code) * (scaled ? 1 : scales[entry / codes]);  // 8 by 11 bits
          table[entry] = kind == Kind::fp16 ? to_float(to_fp16(exact)) : exact;
        }
        for (std::size_t i = first; i < first + count; ++i) {
          std::int16_t* pairs = kind == Kind::integer ? &pairs_[i / 2 * 2 * padded_columns_ + i % 2] : nullptr;
          float* values = kind == Kind::integer ? nullptr : &values_[i * padded_columns_];
          for (std::size_t c = 0; c < columns; ++c) {
            const std::int32_t code = reader.next();
            if (kind == Kind::integer) {
              pairs[2 * c] = static_cast<std::int16_t>(code);
              continue;
            }
            values[c] = table[c * codes + static_cast<std::size_t>(code - lowest)];
          }
        }
      });
}

void PanelProduct::add(const ActivationPanel& activations, const WeightPanel& weights, float* sums,
                       OverflowCounts& counts) const {
  const std::size_t columns = weights.padded_columns_;
  if (activations.k_ != weights.k_ || activations.format_.is_fp16() != weights.pairs_.empty()) {
    throw Error::run("panels of activations and weights do not match");
  }
  if (activations.format_.is_fp16()) {
    kernels::FloatTile tile;
    tile.rows = activations.rows_;
    tile.k = activations.k_;
    tile.stride = activations.rows_;
    tile.activations = activations.values_.data();
    tile.weight_columns = tile.sum_columns = columns;
    tile.scale_group = weights.format_.scale_group;
    for (std::size_t first = 0; first < columns; first += kernel_columns) {
      tile.weights = weights.values_.data() + first;
      tile.scales = weights.scales_.empty() ? nullptr : weights.scales_.data() + first;
      tile.sums = sums + first;
      switch (simd_) {
#ifdef ANDA_X86_KERNELS
        case Simd::avx512:
          kernels::float_tile_avx512(tile);
          break;
        case Simd::avx2:
          kernels::float_tile_avx2(tile);
          break;
#endif
        default:
          kernels::float_tile_portable(tile);
      }
    }
    return;
  }

  const ActivationFormat& format = activations.format_;
  kernels::GroupTile tile;
  tile.rows = activations.rows_;
  tile.group_size = format.group_size;
  tile.groups = activations.k_ / format.group_size;
  tile.mantissa_bits = format.mantissa_bits;
  tile.high = activations.high_.data();
  tile.low = activations.low_.empty() ? nullptr : activations.low_.data();
  tile.low_bits = activations.low_bits_;
  tile.stride = activations.k_;
  tile.exponents = activations.exponents_.data();
  tile.weight_columns = tile.sum_columns = columns;
  tile.groups_per_scale = std::max<std::size_t>(1, weights.format_.scale_group / format.group_size);
  // The bound holds for any bits in memory, not only for what encoding makes.
  tile.exact = (std::uint64_t{format.group_size} << (format.mantissa_bits + weights.format_.bits - 1)) <= (1u << 24);
  tile.format = format_;
  for (std::size_t first = 0; first < columns; first += kernel_columns) {
    tile.weights = weights.pairs_.data() + 2 * first;
    tile.scales = weights.scales_.data() + first;
    tile.sums = sums + first;
    switch (simd_) {
#ifdef ANDA_X86_KERNELS
      case Simd::avx512:
        counts.group_dots += kernels::group_tile_avx512(tile);
        break;
      case Simd::avx2:
        counts.group_dots += kernels::group_tile_avx2(tile);
        break;
#endif
      default:
        counts.group_dots += kernels::group_tile_portable(tile);
    }
  }
}

}  // namespace anda
