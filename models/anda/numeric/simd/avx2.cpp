// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/simd/kernels.h>
#include <anda/numeric/simd/round_group.h>

#ifdef ANDA_X86_KERNELS

#include <immintrin.h>

#include <cstring>

#define ANDA_TARGET __attribute__((target("avx2,f16c")))

namespace anda::kernels {
namespace {

constexpr std::size_t lanes = 8;
constexpr std::size_t halves = kernel_columns / lanes;

ANDA_TARGET inline __m256i pair_at(const std::int16_t* values) {
  std::int32_t pair = 0;
  std::memcpy(&pair, values, sizeof pair);
  return _mm256_set1_epi32(pair);
}

/// D as a float that rounds to FP16 as D itself does: where float is too short, its last kept bit becomes sticky.
ANDA_TARGET inline __m256 to_float_sticky(__m256i dots) {
  const __m256i magnitude = _mm256_abs_epi32(dots);
  const __m256i zero = _mm256_setzero_si256();
  const __m256i wide = _mm256_cmpgt_epi32(magnitude, _mm256_set1_epi32(1 << 24));
  const __m256i low = _mm256_and_si256(wide, _mm256_set1_epi32(127));
  const __m256i dropped = _mm256_and_si256(magnitude, low);
  const __m256i sticky = _mm256_andnot_si256(_mm256_cmpeq_epi32(dropped, zero), _mm256_set1_epi32(128));
  const __m256i kept = _mm256_or_si256(_mm256_andnot_si256(low, magnitude), sticky);
  return _mm256_cvtepi32_ps(_mm256_sign_epi32(kept, dots));
}

template <std::size_t rows, bool has_low, bool exact, bool to_half>
ANDA_TARGET std::uint64_t rows_of_groups(const GroupTile& tile, std::size_t first_row) {
  const __m256 infinity = _mm256_castsi256_ps(_mm256_set1_epi32(0x7F800000));
  const __m256 no_sign = _mm256_castsi256_ps(_mm256_set1_epi32(0x7FFFFFFF));
  std::uint64_t overflows = 0;
  for (std::size_t group = 0; group < tile.groups; ++group) {
    const std::size_t first = group * tile.group_size;
    const std::int16_t* weights = tile.weights + first * tile.weight_columns;
    const std::int16_t* high = tile.high + first_row * tile.stride + first;
    const std::int16_t* low = has_low ? tile.low + first_row * tile.stride + first : nullptr;
    __m256i dots[rows][halves];
    __m256i low_dots[rows][halves];
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t h = 0; h < halves; ++h) dots[r][h] = low_dots[r][h] = _mm256_setzero_si256();
    }
    for (std::size_t i = 0; i < tile.group_size; i += 2) {
      __m256i w[halves];
      for (std::size_t h = 0; h < halves; ++h) {
        std::memcpy(&w[h], weights + i * tile.weight_columns + h * lanes * 2, sizeof w[h]);
      }
      for (std::size_t r = 0; r < rows; ++r) {
        const __m256i a = pair_at(high + r * tile.stride + i);
        for (std::size_t h = 0; h < halves; ++h) {
          dots[r][h] = _mm256_add_epi32(dots[r][h], _mm256_madd_epi16(a, w[h]));
        }
        if constexpr (has_low) {
          const __m256i b = pair_at(low + r * tile.stride + i);
          for (std::size_t h = 0; h < halves; ++h) {
            low_dots[r][h] = _mm256_add_epi32(low_dots[r][h], _mm256_madd_epi16(b, w[h]));
          }
        }
      }
    }
    const float* scales = tile.scales + group / tile.groups_per_scale * tile.weight_columns;
    const std::uint8_t* exponents = tile.exponents + group * tile.rows + first_row;
    for (std::size_t r = 0; r < rows; ++r) {
      const int power = exponents[r] - 14 - static_cast<int>(tile.mantissa_bits) + 127;
      const __m256 factor = _mm256_castsi256_ps(_mm256_set1_epi32(power << 23));
      float* sums = tile.sums + (first_row + r) * tile.sum_columns;
      for (std::size_t h = 0; h < halves; ++h) {
        __m256i d = dots[r][h];
        if constexpr (has_low) d = _mm256_add_epi32(_mm256_slli_epi32(d, 1), low_dots[r][h]);
        __m256 v = _mm256_mul_ps(exact || !to_half ? _mm256_cvtepi32_ps(d) : to_float_sticky(d), factor);
        if constexpr (to_half) {
          v = _mm256_cvtph_ps(_mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
          const int over = _mm256_movemask_ps(_mm256_cmp_ps(_mm256_and_ps(v, no_sign), infinity, _CMP_EQ_OQ));
          if (over != 0) overflows += static_cast<unsigned>(__builtin_popcount(static_cast<unsigned>(over)));
        }
        const __m256 product = _mm256_mul_ps(v, _mm256_loadu_ps(scales + h * lanes));
        _mm256_storeu_ps(sums + h * lanes, _mm256_add_ps(_mm256_loadu_ps(sums + h * lanes), product));
      }
    }
  }
  return overflows;
}

template <bool has_low, bool exact, bool to_half>
std::uint64_t all_rows(const GroupTile& tile) {
  std::uint64_t overflows = 0;
  std::size_t row = 0;
  for (; row + 4 <= tile.rows; row += 4) overflows += rows_of_groups<4, has_low, exact, to_half>(tile, row);
  for (; row < tile.rows; ++row) overflows += rows_of_groups<1, has_low, exact, to_half>(tile, row);
  return overflows;
}

template <std::size_t rows>
ANDA_TARGET void rows_of_floats(const FloatTile& tile, std::size_t first_row) {
  __m256 sums[rows][halves];
  const auto at = [&](std::size_t r, std::size_t h) {
    return tile.sums + (first_row + r) * tile.sum_columns + h * lanes;
  };
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t h = 0; h < halves; ++h) std::memcpy(&sums[r][h], at(r, h), sizeof sums[r][h]);
  }
  const float* activations = tile.activations + first_row;
  for (std::size_t k = 0; k < tile.k; ++k) {
    __m256 w[halves];
    for (std::size_t h = 0; h < halves; ++h) w[h] = _mm256_loadu_ps(tile.weights + k * tile.weight_columns + h * lanes);
    for (std::size_t r = 0; r < rows; ++r) {
      const __m256 a = _mm256_set1_ps(activations[k * tile.stride + r]);
      for (std::size_t h = 0; h < halves; ++h) sums[r][h] = _mm256_add_ps(sums[r][h], _mm256_mul_ps(a, w[h]));
    }
  }
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t h = 0; h < halves; ++h) std::memcpy(at(r, h), &sums[r][h], sizeof sums[r][h]);
  }
}

}  // namespace

std::uint64_t group_tile_avx2(const GroupTile& tile) {
  const bool half = tile.format == DotFormat::fp16;
  if (tile.low != nullptr) return half ? all_rows<true, false, true>(tile) : all_rows<true, false, false>(tile);
  if (!half) return all_rows<false, true, false>(tile);
  return tile.exact ? all_rows<false, true, true>(tile) : all_rows<false, false, true>(tile);
}

void float_tile_avx2(const FloatTile& tile) {
  std::size_t row = 0;
  for (; row + 4 <= tile.rows; row += 4) rows_of_floats<4>(tile, row);
  for (; row < tile.rows; ++row) rows_of_floats<1>(tile, row);
}

ANDA_TARGET void to_floats_avx2(const std::uint8_t* bytes, std::size_t count, float* values) {
  std::size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    __m128i eight;
    std::memcpy(&eight, bytes + 2 * i, sizeof eight);
    _mm256_storeu_ps(values + i, _mm256_cvtph_ps(eight));
  }
  for (; i < count; ++i) {
    values[i] = to_float(Fp16{static_cast<std::uint16_t>(bytes[2 * i] | bytes[2 * i + 1] << 8)});
  }
}

ANDA_TARGET bool round_row_avx2(const RoundedRow& row) { return round_row(row); }

}  // namespace anda::kernels

#endif
