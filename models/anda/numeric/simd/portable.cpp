// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/simd/kernels.h>
#include <anda/numeric/simd/round_group.h>

#include <algorithm>
#include <array>

#include <anda/numeric/group_format.h>
#include <anda/numeric/panel_bytes.h>

namespace anda::kernels {
namespace {

std::uint64_t group_tile(const GroupTile& tile) {
  OverflowCounts counts;
  using Dots = std::array<std::int32_t, kernel_columns>;
  const auto dots_of = [&](const std::int16_t* activations, const std::int16_t* weights) {
    Dots dots{};
    for (std::size_t i = 0; i < tile.group_size; i += 2) {
      const std::int32_t a = activations[i];
      const std::int32_t b = activations[i + 1];
      const std::int16_t* pair = weights + i * tile.weight_columns;
      for (std::size_t c = 0; c < kernel_columns; ++c) dots[c] += a * pair[2 * c] + b * pair[2 * c + 1];
    }
    return dots;
  };
  for (std::size_t row = 0; row < tile.rows; ++row) {
    float* sums = tile.sums + row * tile.sum_columns;
    for (std::size_t group = 0; group < tile.groups; ++group) {
      const std::size_t first = group * tile.group_size;
      const std::int16_t* weights = tile.weights + first * tile.weight_columns;
      const Dots high = dots_of(tile.high + row * tile.stride + first, weights);
      const Dots low = tile.low != nullptr ? dots_of(tile.low + row * tile.stride + first, weights) : Dots{};
      const float* scales = tile.scales + group / tile.groups_per_scale * tile.weight_columns;
      const std::uint32_t exponent = tile.exponents[group * tile.rows + row];
      for (std::size_t c = 0; c < kernel_columns; ++c) {
        const std::int64_t dot = std::int64_t{high[c]} * (std::int64_t{1} << tile.low_bits) + low[c];
        const float v = scaled_dot(dot, exponent, tile.mantissa_bits, tile.format, counts);
        const float product = v * scales[c];
        sums[c] = sums[c] + product;
      }
    }
  }
  return counts.group_dots;
}

void float_tile(const FloatTile& tile) {
  for (std::size_t row = 0; row < tile.rows; ++row) {
    std::array<float, kernel_columns> sums;
    float* at = tile.sums + row * tile.sum_columns;
    const std::size_t part = tile.scales != nullptr ? tile.scale_group : tile.k;
    for (std::size_t first = 0; first < tile.k; first += part) {
      for (std::size_t c = 0; c < kernel_columns; ++c) sums[c] = tile.scales != nullptr ? 0 : at[c];
      for (std::size_t k = first; k < std::min(first + part, tile.k); ++k) {
        const float a = tile.activations[k * tile.stride + row];
        const float* weights = tile.weights + k * tile.weight_columns;
        for (std::size_t c = 0; c < kernel_columns; ++c) {
          const float product = a * weights[c];
          sums[c] = sums[c] + product;
        }
      }
      if (tile.scales != nullptr) {
        const float* scales = tile.scales + first / part * tile.weight_columns;
        for (std::size_t c = 0; c < kernel_columns; ++c) {
          const float scaled = sums[c] * scales[c];
          sums[c] = at[c] + scaled;
        }
      }
      for (std::size_t c = 0; c < kernel_columns; ++c) at[c] = sums[c];
    }
  }
}

bool align(const AlignTile& tile) {
  const std::int32_t unit = std::int32_t{1} << tile.low_bits;
  const auto value_at = [&](std::size_t i, std::size_t row) {
    return panel_bytes::load(tile.values + 2 * (i * tile.rows + row));
  };
  for (std::size_t first = 0; first < tile.k; first += tile.group_size) {
    const std::size_t end = std::min(first + tile.group_size, tile.k);
    for (std::size_t row = 0; row < tile.rows; ++row) {
      std::uint32_t shared = 1;
      for (std::size_t i = first; i < end; ++i) {
        if (!value_at(i, row).is_finite()) return false;
        shared = std::max(shared, value_at(i, row).effective_exponent());
      }
      tile.exponents[first / tile.group_size * tile.rows + row] = static_cast<std::uint8_t>(shared);
      for (std::size_t i = first; i < end; ++i) {
        const Fp16 value = value_at(i, row);
        const auto magnitude = static_cast<std::int32_t>(
            aligned_mantissa(value.significand(), tile.mantissa_bits, shared - value.effective_exponent()));
        const std::int32_t m = value.negative() ? -magnitude : magnitude;
        tile.high[row * tile.stride + i] = static_cast<std::int16_t>(m / unit);
        if (tile.low != nullptr) tile.low[row * tile.stride + i] = static_cast<std::int16_t>(m % unit);
      }
    }
  }
  return true;
}

void to_floats(const std::uint8_t* bytes, std::size_t count, float* values) {
  for (std::size_t i = 0; i < count; ++i) values[i] = to_float(panel_bytes::load(bytes + 2 * i));
}

bool round_row_portable(const RoundedRow& row) { return round_row(row); }

bool available() { return true; }

}  // namespace

void unpack_planes_portable(const PlaneRow& row) {
  using panel_bytes::Eight;
  for (std::size_t b = 0; b < row.elements / 8; ++b) {
    const Eight m = panel_bytes::mantissas_at(row.planes, row.plane_bytes, b, row.first_plane, row.mantissa_planes);
    const Eight& signs = panel_bytes::spread[row.planes[b]];
    for (std::size_t i = 0; i < 8; ++i) {
      const int sign = -signs[i];
      row.values[8 * b + i] = static_cast<std::int16_t>((m[i] ^ sign) - sign);
    }
  }
}

constexpr Simd portable{"portable", available, group_tile,        float_tile, unpack_planes_portable,
                        align,      to_floats, round_row_portable};

}  // namespace anda::kernels
