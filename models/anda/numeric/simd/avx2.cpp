// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/simd/kernels.h>
#include <anda/numeric/simd/round_group.h>

#ifdef ANDA_X86_KERNELS

#include <cpuid.h>
#include <immintrin.h>

#include <algorithm>
#include <cstring>

#include <anda/numeric/group_format.h>

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

/// Converts D to a float that rounds to FP16 as D itself does: if float is too short, its last kept bit becomes sticky.
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

/// D = high · 2^12 + low for four columns, exact in double and rounded to float; or, for FP16, truncated with a sticky
/// last bit.
template <bool to_half>
ANDA_TARGET inline __m128 four_wide_dots(__m128i high, __m128i low) {
  const __m256d unit = _mm256_set1_pd(1u << wide_low_bits);
  const __m256d dots = _mm256_add_pd(_mm256_mul_pd(_mm256_cvtepi32_pd(high), unit), _mm256_cvtepi32_pd(low));
  if constexpr (!to_half) return _mm256_cvtpd_ps(dots);
  const __m256i bits = _mm256_castpd_si256(dots);
  const __m256i dropped = _mm256_set1_epi64x((1 << 29) - 1);
  const __m256i none = _mm256_cmpeq_epi64(_mm256_and_si256(bits, dropped), _mm256_setzero_si256());
  const __m256i sticky = _mm256_andnot_si256(none, _mm256_set1_epi64x(std::int64_t{1} << 29));
  return _mm256_cvtpd_ps(_mm256_castsi256_pd(_mm256_or_si256(_mm256_andnot_si256(dropped, bits), sticky)));
}

template <bool to_half>
ANDA_TARGET inline __m256 wide_dots(__m256i high, __m256i low) {
  const __m128 first = four_wide_dots<to_half>(_mm256_castsi256_si128(high), _mm256_castsi256_si128(low));
  const __m128 second = four_wide_dots<to_half>(_mm256_extracti128_si256(high, 1), _mm256_extracti128_si256(low, 1));
  return _mm256_insertf128_ps(_mm256_castps128_ps256(first), second, 1);
}

template <std::size_t rows, Mantissas mantissas, bool exact, bool to_half>
ANDA_TARGET std::uint64_t rows_of_groups(const GroupTile& tile, std::size_t first_row) {
  constexpr bool has_low = mantissas != Mantissas::whole;
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
        if constexpr (mantissas == Mantissas::halved) {
          d = _mm256_add_epi32(_mm256_slli_epi32(d, halved_low_bits), low_dots[r][h]);
        }
        __m256 v;
        if constexpr (mantissas == Mantissas::wide) {
          v = wide_dots<to_half>(d, low_dots[r][h]);
        } else if constexpr (exact || !to_half) {
          v = _mm256_cvtepi32_ps(d);
        } else {
          v = to_float_sticky(d);
        }
        v = _mm256_mul_ps(v, factor);
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

template <Mantissas mantissas, bool exact, bool to_half>
std::uint64_t all_rows(const GroupTile& tile) {
  std::uint64_t overflows = 0;
  std::size_t row = 0;
  for (; row + 4 <= tile.rows; row += 4) overflows += rows_of_groups<4, mantissas, exact, to_half>(tile, row);
  for (; row < tile.rows; ++row) overflows += rows_of_groups<1, mantissas, exact, to_half>(tile, row);
  return overflows;
}

template <std::size_t rows, bool scaled>
ANDA_TARGET void rows_of_floats(const FloatTile& tile, std::size_t first_row) {
  const auto at = [&](std::size_t r, std::size_t h) {
    return tile.sums + (first_row + r) * tile.sum_columns + h * lanes;
  };
  const float* activations = tile.activations + first_row;
  const std::size_t part = scaled ? tile.scale_group : tile.k;
  for (std::size_t first = 0; first < tile.k; first += part) {
    __m256 sums[rows][halves];
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t h = 0; h < halves; ++h) sums[r][h] = scaled ? _mm256_setzero_ps() : _mm256_loadu_ps(at(r, h));
    }
    for (std::size_t k = first; k < std::min(first + part, tile.k); ++k) {
      __m256 w[halves];
      for (std::size_t h = 0; h < halves; ++h) {
        w[h] = _mm256_loadu_ps(tile.weights + k * tile.weight_columns + h * lanes);
      }
      for (std::size_t r = 0; r < rows; ++r) {
        const __m256 a = _mm256_set1_ps(activations[k * tile.stride + r]);
        for (std::size_t h = 0; h < halves; ++h) sums[r][h] = _mm256_add_ps(sums[r][h], _mm256_mul_ps(a, w[h]));
      }
    }
    for (std::size_t r = 0; r < rows; ++r) {
      for (std::size_t h = 0; h < halves; ++h) {
        if constexpr (scaled) {
          const __m256 scale = _mm256_loadu_ps(tile.scales + first / part * tile.weight_columns + h * lanes);
          sums[r][h] = _mm256_add_ps(_mm256_loadu_ps(at(r, h)), _mm256_mul_ps(sums[r][h], scale));
        }
        _mm256_storeu_ps(at(r, h), sums[r][h]);
      }
    }
  }
}

template <bool scaled>
void all_rows_of_floats(const FloatTile& tile) {
  std::size_t row = 0;
  for (; row + 4 <= tile.rows; row += 4) rows_of_floats<4, scaled>(tile, row);
  for (; row < tile.rows; ++row) rows_of_floats<1, scaled>(tile, row);
}

/// Aligns eight rows of a group, of which `count` values exist, from `values[i · stride]` on. The truncated mantissa is
/// the integer part of value · 2^(14 + M − E*), a product that is exact in float. Returns whether all values are
/// finite.
ANDA_TARGET bool align_eight_rows(const AlignTile& tile, const std::uint8_t* values, std::size_t stride,
                                  std::size_t count, std::size_t rows, std::size_t first_row, std::size_t first) {
  const auto eight_at = [&](std::size_t i) {
    __m128i eight;
    std::memcpy(&eight, values + i * stride, sizeof eight);
    return eight;
  };
  __m128i largest = _mm_setzero_si128();
  const __m128i no_sign = _mm_set1_epi16(0x7FFF);
  for (std::size_t i = 0; i < count; ++i) largest = _mm_max_epu16(largest, _mm_and_si128(eight_at(i), no_sign));
  const __m256i shared = _mm256_max_epi32(_mm256_cvtepu16_epi32(_mm_srli_epi16(largest, 10)), _mm256_set1_epi32(1));
  std::int32_t exponents[lanes];
  std::memcpy(exponents, &shared, sizeof exponents);
  for (std::size_t r = 0; r < rows; ++r) {
    if (exponents[r] == 31) return false;
    tile.exponents[first / tile.group_size * tile.rows + first_row + r] = static_cast<std::uint8_t>(exponents[r]);
  }
  const __m256i power = _mm256_sub_epi32(_mm256_set1_epi32(127 + 14 + static_cast<int>(tile.mantissa_bits)), shared);
  const __m256 factor = _mm256_castsi256_ps(_mm256_slli_epi32(power, 23));
  const __m256i low_mask = _mm256_set1_epi32((1 << tile.low_bits) - 1);
  const __m128i low_bits = _mm_cvtsi32_si128(static_cast<int>(tile.low_bits));
  const __m256i half = _mm256_set1_epi32(0xFFFF);
  const auto mantissas = [&](std::size_t i) ANDA_TARGET {
    return i < count ? _mm256_cvttps_epi32(_mm256_mul_ps(_mm256_cvtph_ps(eight_at(i)), factor))
                     : _mm256_setzero_si256();
  };
  const auto pair_of = [&](__m256i even, __m256i odd) ANDA_TARGET {
    return _mm256_or_si256(_mm256_and_si256(even, half), _mm256_slli_epi32(odd, 16));
  };
  // Each row's pair along k is 32 bits; memory transposes the pairs from columns to rows.
  std::int32_t high[max_group_size / 2][lanes];
  std::int32_t low[max_group_size / 2][lanes];
  const std::size_t pairs = (count + 1) / 2;
  for (std::size_t pair = 0; pair < pairs; ++pair) {
    const __m256i even = mantissas(2 * pair);
    const __m256i odd = mantissas(2 * pair + 1);
    const __m256i above = pair_of(_mm256_sra_epi32(even, low_bits), _mm256_sra_epi32(odd, low_bits));
    std::memcpy(high[pair], &above, sizeof above);
    if (tile.low == nullptr) continue;
    const __m256i below = pair_of(_mm256_and_si256(even, low_mask), _mm256_and_si256(odd, low_mask));
    std::memcpy(low[pair], &below, sizeof below);
  }
  for (std::size_t r = 0; r < rows; ++r) {
    const std::size_t to = (first_row + r) * tile.stride + first;
    for (std::size_t pair = 0; pair < pairs; ++pair) std::memcpy(tile.high + to + 2 * pair, &high[pair][r], 4);
    if (tile.low == nullptr) continue;
    for (std::size_t pair = 0; pair < pairs; ++pair) std::memcpy(tile.low + to + 2 * pair, &low[pair][r], 4);
  }
  return true;
}

std::uint64_t group_tile(const GroupTile& tile) {
  const bool half = tile.format == DotFormat::fp16;
  if (tile.low_bits == wide_low_bits) {
    return half ? all_rows<Mantissas::wide, false, true>(tile) : all_rows<Mantissas::wide, false, false>(tile);
  }
  if (tile.low_bits == halved_low_bits) {
    return half ? all_rows<Mantissas::halved, false, true>(tile) : all_rows<Mantissas::halved, false, false>(tile);
  }
  if (!half) return all_rows<Mantissas::whole, true, false>(tile);
  return tile.exact ? all_rows<Mantissas::whole, true, true>(tile) : all_rows<Mantissas::whole, false, true>(tile);
}

void float_tile(const FloatTile& tile) {
  tile.scales != nullptr ? all_rows_of_floats<true>(tile) : all_rows_of_floats<false>(tile);
}

ANDA_TARGET bool round_row_avx2(const RoundedRow& row) { return round_row(row); }

bool available() {
  // Clang 14's __builtin_cpu_supports does not know F16C.
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  const bool has_f16c = __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & bit_F16C) != 0;
  return has_f16c && __builtin_cpu_supports("avx2");
}

}  // namespace

bool align_avx2(const AlignTile& tile) {
  std::uint8_t ragged[max_group_size][2 * lanes] = {};
  for (std::size_t first = 0; first < tile.k; first += tile.group_size) {
    const std::size_t count = std::min(tile.group_size, tile.k - first);
    const std::uint8_t* values = tile.values + 2 * first * tile.rows;
    std::size_t row = 0;
    for (; row + lanes <= tile.rows; row += lanes) {
      if (!align_eight_rows(tile, values + 2 * row, 2 * tile.rows, count, lanes, row, first)) return false;
    }
    if (row == tile.rows) continue;
    for (std::size_t i = 0; i < count; ++i) {
      std::memcpy(ragged[i], values + 2 * (i * tile.rows + row), 2 * (tile.rows - row));
    }
    if (!align_eight_rows(tile, ragged[0], sizeof ragged[0], count, tile.rows - row, row, first)) return false;
  }
  return true;
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

constexpr Simd avx2{"avx2",     available,      group_tile,    float_tile, unpack_planes_portable,
                    align_avx2, to_floats_avx2, round_row_avx2};

}  // namespace anda::kernels

#endif
