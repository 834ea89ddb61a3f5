// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/simd/kernels.h>
#include <anda/numeric/simd/round_group.h>

#ifdef ANDA_X86_KERNELS

// GCC 12 warns about the deliberately undefined operands in its own header (bug 105593).
#pragma GCC diagnostic push
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

#include <immintrin.h>

#include <algorithm>
#include <cstring>

#define ANDA_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

namespace anda::kernels {
namespace {

ANDA_TARGET inline __m512i pair_at(const std::int16_t* values) {
  std::int32_t pair = 0;
  std::memcpy(&pair, values, sizeof pair);
  return _mm512_set1_epi32(pair);
}

/// Converts D to a float that rounds to FP16 as D itself does: if float is too short, its last kept bit becomes sticky.
ANDA_TARGET inline __m512 to_float_sticky(__m512i dots) {
  const __m512i magnitude = _mm512_abs_epi32(dots);
  const __m512i low = _mm512_set1_epi32(127);
  const __mmask16 wide = _mm512_cmpgt_epi32_mask(magnitude, _mm512_set1_epi32(1 << 24));
  const __mmask16 sticky = _mm512_mask_test_epi32_mask(wide, magnitude, low);
  __m512i kept = _mm512_mask_andnot_epi32(magnitude, wide, low, magnitude);
  kept = _mm512_mask_or_epi32(kept, sticky, kept, _mm512_set1_epi32(128));
  const __mmask16 negative = _mm512_cmplt_epi32_mask(dots, _mm512_setzero_si512());
  return _mm512_cvtepi32_ps(_mm512_mask_sub_epi32(kept, negative, _mm512_setzero_si512(), kept));
}

/// D = high · 2^12 + low for eight columns, exact in double and rounded to float; or, for FP16, truncated with a sticky
/// last bit.
template <bool to_half>
ANDA_TARGET inline __m256 eight_wide_dots(__m256i high, __m256i low) {
  const __m512d unit = _mm512_set1_pd(1u << wide_low_bits);
  const __m512d dots = _mm512_add_pd(_mm512_mul_pd(_mm512_cvtepi32_pd(high), unit), _mm512_cvtepi32_pd(low));
  if constexpr (!to_half) return _mm512_cvtpd_ps(dots);
  const __m512i bits = _mm512_castpd_si512(dots);
  const __m512i dropped = _mm512_set1_epi64((1 << 29) - 1);
  const __m512i kept = _mm512_andnot_si512(dropped, bits);
  const __mmask8 sticky = _mm512_test_epi64_mask(bits, dropped);
  return _mm512_cvtpd_ps(
      _mm512_castsi512_pd(_mm512_mask_or_epi64(kept, sticky, kept, _mm512_set1_epi64(std::int64_t{1} << 29))));
}

template <bool to_half>
ANDA_TARGET inline __m512 wide_dots(__m512i high, __m512i low) {
  const __m256 first = eight_wide_dots<to_half>(_mm512_castsi512_si256(high), _mm512_castsi512_si256(low));
  const __m256 second = eight_wide_dots<to_half>(_mm512_extracti64x4_epi64(high, 1), _mm512_extracti64x4_epi64(low, 1));
  return _mm512_castpd_ps(
      _mm512_insertf64x4(_mm512_castps_pd(_mm512_castps256_ps512(first)), _mm256_castps_pd(second), 1));
}

template <std::size_t rows, Mantissas mantissas, bool exact, bool to_half>
ANDA_TARGET std::uint64_t rows_of_groups(const GroupTile& tile, std::size_t first_row) {
  constexpr bool has_low = mantissas != Mantissas::whole;
  const __m512 infinity = _mm512_castsi512_ps(_mm512_set1_epi32(0x7F800000));
  std::uint64_t overflows = 0;
  __m512 sums[rows];
  for (std::size_t r = 0; r < rows; ++r) {
    sums[r] = _mm512_loadu_ps(tile.sums + (first_row + r) * tile.sum_columns);
  }
  for (std::size_t group = 0; group < tile.groups; ++group) {
    const std::size_t first = group * tile.group_size;
    const std::int16_t* weights = tile.weights + first * tile.weight_columns;
    const std::int16_t* high = tile.high + first_row * tile.stride + first;
    const std::int16_t* low = has_low ? tile.low + first_row * tile.stride + first : nullptr;
    __m512i dots[rows];
    __m512i low_dots[rows];
    for (std::size_t r = 0; r < rows; ++r) dots[r] = low_dots[r] = _mm512_setzero_si512();
    for (std::size_t i = 0; i < tile.group_size; i += 2) {
      const __m512i w = _mm512_loadu_si512(weights + i * tile.weight_columns);
      for (std::size_t r = 0; r < rows; ++r) {
        dots[r] = _mm512_dpwssd_epi32(dots[r], pair_at(high + r * tile.stride + i), w);
        if constexpr (has_low) {
          low_dots[r] = _mm512_dpwssd_epi32(low_dots[r], pair_at(low + r * tile.stride + i), w);
        }
      }
    }
    const __m512 scale = _mm512_loadu_ps(tile.scales + group / tile.groups_per_scale * tile.weight_columns);
    const std::uint8_t* exponents = tile.exponents + group * tile.rows + first_row;
    for (std::size_t r = 0; r < rows; ++r) {
      if constexpr (mantissas == Mantissas::halved) {
        dots[r] = _mm512_add_epi32(_mm512_slli_epi32(dots[r], halved_low_bits), low_dots[r]);
      }
      const int power = exponents[r] - 14 - static_cast<int>(tile.mantissa_bits) + 127;
      const __m512 factor = _mm512_castsi512_ps(_mm512_set1_epi32(power << 23));
      __m512 v;
      if constexpr (mantissas == Mantissas::wide) {
        v = wide_dots<to_half>(dots[r], low_dots[r]);
      } else if constexpr (exact || !to_half) {
        v = _mm512_cvtepi32_ps(dots[r]);
      } else {
        v = to_float_sticky(dots[r]);
      }
      v = _mm512_mul_ps(v, factor);
      if constexpr (to_half) {
        v = _mm512_cvtph_ps(_mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
        const __mmask16 over = _mm512_cmp_ps_mask(_mm512_abs_ps(v), infinity, _CMP_EQ_OQ);
        if (over != 0) overflows += static_cast<unsigned>(__builtin_popcount(over));
      }
      sums[r] = _mm512_add_ps(sums[r], _mm512_mul_ps(v, scale));
    }
  }
  for (std::size_t r = 0; r < rows; ++r) {
    _mm512_storeu_ps(tile.sums + (first_row + r) * tile.sum_columns, sums[r]);
  }
  return overflows;
}

template <Mantissas mantissas, bool exact, bool to_half>
std::uint64_t all_rows(const GroupTile& tile) {
  std::uint64_t overflows = 0;
  std::size_t row = 0;
  for (; row + 8 <= tile.rows; row += 8) overflows += rows_of_groups<8, mantissas, exact, to_half>(tile, row);
  for (; row < tile.rows; ++row) overflows += rows_of_groups<1, mantissas, exact, to_half>(tile, row);
  return overflows;
}

template <std::size_t rows, bool scaled>
ANDA_TARGET void rows_of_floats(const FloatTile& tile, std::size_t first_row) {
  const float* activations = tile.activations + first_row;
  const std::size_t part = scaled ? tile.scale_group : tile.k;
  for (std::size_t first = 0; first < tile.k; first += part) {
    __m512 sums[rows];
    for (std::size_t r = 0; r < rows; ++r) {
      sums[r] = scaled ? _mm512_setzero_ps() : _mm512_loadu_ps(tile.sums + (first_row + r) * tile.sum_columns);
    }
    for (std::size_t k = first; k < std::min(first + part, tile.k); ++k) {
      const __m512 w = _mm512_loadu_ps(tile.weights + k * tile.weight_columns);
      for (std::size_t r = 0; r < rows; ++r) {
        const __m512 a = _mm512_set1_ps(activations[k * tile.stride + r]);
        sums[r] = _mm512_add_ps(sums[r], _mm512_mul_ps(a, w));
      }
    }
    for (std::size_t r = 0; r < rows; ++r) {
      float* at = tile.sums + (first_row + r) * tile.sum_columns;
      if constexpr (scaled) {
        const __m512 scale = _mm512_loadu_ps(tile.scales + first / part * tile.weight_columns);
        sums[r] = _mm512_add_ps(_mm512_loadu_ps(at), _mm512_mul_ps(sums[r], scale));
      }
      _mm512_storeu_ps(at, sums[r]);
    }
  }
}

template <bool scaled>
void all_rows_of_floats(const FloatTile& tile) {
  std::size_t row = 0;
  for (; row + 8 <= tile.rows; row += 8) rows_of_floats<8, scaled>(tile, row);
  for (; row < tile.rows; ++row) rows_of_floats<1, scaled>(tile, row);
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

ANDA_TARGET void unpack_planes(const PlaneRow& row) {
  if (row.elements % 32 != 0) return unpack_planes_portable(row);
  const __m512i one = _mm512_set1_epi16(1);
  for (std::size_t first = 0; first < row.elements; first += 32) {
    const std::uint8_t* at = row.planes + first / 8;
    const auto plane = [&](std::size_t p) {
      __mmask32 bits = 0;
      std::memcpy(&bits, at + p * row.plane_bytes, sizeof bits);
      return bits;
    };
    __m512i m = _mm512_setzero_si512();
    for (std::size_t p = row.first_plane; p < row.first_plane + row.mantissa_planes; ++p) {
      m = _mm512_add_epi16(m, m);
      m = _mm512_mask_add_epi16(m, plane(p), m, one);
    }
    _mm512_storeu_si512(row.values + first, _mm512_mask_sub_epi16(m, plane(0), _mm512_setzero_si512(), m));
  }
}

ANDA_TARGET bool round_row_avx512(const RoundedRow& row) { return round_row(row); }

bool available() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

}  // namespace

constexpr Simd avx512{"avx512",      available,  group_tile,     float_tile,
                      unpack_planes, align_avx2, to_floats_avx2, round_row_avx512};

}  // namespace anda::kernels

#pragma GCC diagnostic pop

#endif
