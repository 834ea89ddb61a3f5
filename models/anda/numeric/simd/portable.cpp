// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/simd/kernels.h>
#include <anda/numeric/simd/round_group.h>

#include <array>

namespace anda::kernels {

std::uint64_t group_tile_portable(const GroupTile& tile) {
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
      Dots dots = dots_of(tile.high + row * tile.stride + first, weights);
      if (tile.low != nullptr) {
        const Dots low = dots_of(tile.low + row * tile.stride + first, weights);
        for (std::size_t c = 0; c < kernel_columns; ++c) dots[c] = 2 * dots[c] + low[c];
      }
      const float* scales = tile.scales + group / tile.groups_per_scale * tile.weight_columns;
      const std::uint32_t exponent = tile.exponents[group * tile.rows + row];
      for (std::size_t c = 0; c < kernel_columns; ++c) {
        const float v = scaled_dot(dots[c], exponent, tile.mantissa_bits, tile.format, counts);
        const float product = v * scales[c];
        sums[c] = sums[c] + product;
      }
    }
  }
  return counts.group_dots;
}

void float_tile_portable(const FloatTile& tile) {
  for (std::size_t row = 0; row < tile.rows; ++row) {
    std::array<float, kernel_columns> sums;
    float* at = tile.sums + row * tile.sum_columns;
    for (std::size_t c = 0; c < kernel_columns; ++c) sums[c] = at[c];
    for (std::size_t k = 0; k < tile.k; ++k) {
      const float a = tile.activations[k * tile.stride + row];
      const float* weights = tile.weights + k * tile.weight_columns;
      for (std::size_t c = 0; c < kernel_columns; ++c) {
        const float product = a * weights[c];
        sums[c] = sums[c] + product;
      }
    }
    for (std::size_t c = 0; c < kernel_columns; ++c) at[c] = sums[c];
  }
}

bool round_row_portable(const RoundedRow& row) { return round_row(row); }

}  // namespace anda::kernels
