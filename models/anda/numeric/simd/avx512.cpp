// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/simd/kernels.h>
#include <anda/numeric/simd/round_group.h>

#ifdef ANDA_X86_KERNELS

// GCC 12 takes the deliberately undefined operands in its own header for mistakes (bug 105593).
#pragma GCC diagnostic push
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

#include <immintrin.h>

#include <cstring>

#define ANDA_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

namespace anda::kernels {
namespace {

ANDA_TARGET inline __m512i pair_at(const std::int16_t* values) {
  std::int32_t pair = 0;
  std::memcpy(&pair, values, sizeof pair);
  return _mm512_set1_epi32(pair);
}

/// D as a float that rounds to FP16 as D itself does: where float is too short, its last kept bit becomes sticky.
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

template <std::size_t rows, bool has_low, bool exact, bool to_half>
ANDA_TARGET std::uint64_t rows_of_groups(const GroupTile& tile, std::size_t first_row) {
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
      if constexpr (has_low) dots[r] = _mm512_add_epi32(_mm512_slli_epi32(dots[r], 1), low_dots[r]);
      const int power = exponents[r] - 14 - static_cast<int>(tile.mantissa_bits) + 127;
      const __m512 factor = _mm512_castsi512_ps(_mm512_set1_epi32(power << 23));
      __m512 v = _mm512_mul_ps(exact || !to_half ? _mm512_cvtepi32_ps(dots[r]) : to_float_sticky(dots[r]), factor);
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

template <bool has_low, bool exact, bool to_half>
std::uint64_t all_rows(const GroupTile& tile) {
  std::uint64_t overflows = 0;
  std::size_t row = 0;
  for (; row + 8 <= tile.rows; row += 8) overflows += rows_of_groups<8, has_low, exact, to_half>(tile, row);
  for (; row < tile.rows; ++row) overflows += rows_of_groups<1, has_low, exact, to_half>(tile, row);
  return overflows;
}

template <std::size_t rows>
ANDA_TARGET void rows_of_floats(const FloatTile& tile, std::size_t first_row) {
  __m512 sums[rows];
  for (std::size_t r = 0; r < rows; ++r) {
    sums[r] = _mm512_loadu_ps(tile.sums + (first_row + r) * tile.sum_columns);
  }
  const float* activations = tile.activations + first_row;
  for (std::size_t k = 0; k < tile.k; ++k) {
    const __m512 w = _mm512_loadu_ps(tile.weights + k * tile.weight_columns);
    for (std::size_t r = 0; r < rows; ++r) {
      const __m512 a = _mm512_set1_ps(activations[k * tile.stride + r]);
      sums[r] = _mm512_add_ps(sums[r], _mm512_mul_ps(a, w));
    }
  }
  for (std::size_t r = 0; r < rows; ++r) {
    _mm512_storeu_ps(tile.sums + (first_row + r) * tile.sum_columns, sums[r]);
  }
}

}  // namespace

std::uint64_t group_tile_avx512(const GroupTile& tile) {
  const bool half = tile.format == DotFormat::fp16;
  if (tile.low != nullptr) return half ? all_rows<true, false, true>(tile) : all_rows<true, false, false>(tile);
  if (!half) return all_rows<false, true, false>(tile);
  return tile.exact ? all_rows<false, true, true>(tile) : all_rows<false, false, true>(tile);
}

void float_tile_avx512(const FloatTile& tile) {
  std::size_t row = 0;
  for (; row + 8 <= tile.rows; row += 8) rows_of_floats<8>(tile, row);
  for (; row < tile.rows; ++row) rows_of_floats<1>(tile, row);
}

ANDA_TARGET void unpack_planes_avx512(const PlaneRow& row) {
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

}  // namespace anda::kernels

#pragma GCC diagnostic pop

#endif
