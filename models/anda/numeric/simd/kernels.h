// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_SIMD_KERNELS_H
#define ANDA_NUMERIC_SIMD_KERNELS_H

#include <cstddef>
#include <cstdint>

#include <anda/numeric/rounding.h>
#include <anda/numeric/simd/simd.h>

#if defined(__x86_64__) && defined(__GNUC__)
#define ANDA_X86_KERNELS
#endif

namespace anda {

/// Columns that a kernel processes together.
inline constexpr std::size_t kernel_columns = 16;

/// Bits of the lower part of a mantissa split into two 16-bit numbers. A 16-bit mantissa is split above its last bit,
/// so that D fits in 32 bits. A longer one is split in the middle, and D = high · 2^12 + low is computed in more bits.
inline constexpr std::uint32_t halved_low_bits = 1;
inline constexpr std::uint32_t wide_low_bits = 12;

/// Storage of mantissas: in one 16-bit number, or in two, split by GroupTile::low_bits.
enum class Mantissas { whole, halved, wide };

/// Arguments of the kernels: one group (or, for FP16, all of k) of several rows against kernel_columns columns.
namespace kernels {

/// A tile of integer dot products and their scaling: for each group, v = round(D · 2^(E* − 14 − M)), sum += v · scale.
struct GroupTile {
  std::size_t rows = 0;
  std::size_t groups = 0;
  std::size_t group_size = 0;
  std::uint32_t mantissa_bits = 0;
  const std::int16_t* high = nullptr;  ///< ±m, or its bits above low_bits if `low` is given; [row · stride + k]
  const std::int16_t* low = nullptr;   ///< ±m = high · 2^low_bits + low; nullptr: none
  std::uint32_t low_bits = 0;          ///< 0, halved_low_bits or wide_low_bits
  std::size_t stride = 0;
  const std::uint8_t* exponents = nullptr;  ///< [group · rows + row]
  const std::int16_t* weights = nullptr;    ///< [(k / 2 · weight_columns + column) · 2 + k % 2], at the first column
  std::size_t weight_columns = 0;
  const float* scales = nullptr;     ///< [group / groups_per_scale · weight_columns + column]
  std::size_t groups_per_scale = 1;  ///< groups along k that share a scale
  bool exact = true;                 ///< every |D| ≤ 2^24, so that a float can hold it
  DotFormat format = DotFormat::fp16;
  float* sums = nullptr;  ///< [row · sum_columns + column], accumulated
  std::size_t sum_columns = 0;
};

/// sum += a · w in k order; with scales, part += a · w from +0 over each scale group, then sum += part · scale.
struct FloatTile {
  std::size_t rows = 0;
  std::size_t k = 0;
  const float* activations = nullptr;  ///< [k · stride + row]
  std::size_t stride = 0;
  const float* weights = nullptr;  ///< [k · weight_columns + column]
  std::size_t weight_columns = 0;
  const float* scales = nullptr;  ///< [k / scale_group · weight_columns + column]; nullptr: none
  std::size_t scale_group = 0;
  float* sums = nullptr;
  std::size_t sum_columns = 0;
};

/// Extraction of a row's mantissas from its planes.
struct PlaneRow {
  const std::uint8_t* planes = nullptr;  ///< the row's bytes of the sign plane
  std::size_t plane_bytes = 0;           ///< distance between planes
  std::size_t elements = 0;              ///< a multiple of 8
  std::size_t first_plane = 1;           ///< first mantissa plane to extract; 0 is the sign plane
  std::size_t mantissa_planes = 0;       ///< number of planes, at most 15
  std::int16_t* values = nullptr;        ///< signed value of these planes' bits
};

/// Alignment of FP16 activations to the largest exponent of each group.
struct AlignTile {
  const std::uint8_t* values = nullptr;  ///< FP16, little-endian; [k · rows + row]
  std::size_t rows = 0;
  std::size_t k = 0;
  std::size_t group_size = 0;
  std::uint32_t mantissa_bits = 0;  ///< at most 24
  std::uint32_t low_bits = 0;
  std::int16_t* high = nullptr;  ///< laid out as in GroupTile; elements beyond k are 0 and stay so
  std::int16_t* low = nullptr;
  std::size_t stride = 0;
  std::uint8_t* exponents = nullptr;
};

/// Rounding of values to FP16 and, with mantissa_bits, to Anda groups.
struct RoundedRow {
  const float* values = nullptr;
  std::size_t k = 0;
  std::size_t group_size = 0;
  std::uint32_t mantissa_bits = 0;  ///< 0: to FP16 only
  float* rounded = nullptr;         ///< may be `values`
};

extern const Simd portable;  ///< any processor
#ifdef ANDA_X86_KERNELS
extern const Simd avx2;    ///< with F16C
extern const Simd avx512;  ///< F, BW, VL and VNNI
#endif

// Kernels of one set that a faster set reuses.
void unpack_planes_portable(const PlaneRow& row);
#ifdef ANDA_X86_KERNELS
bool align_avx2(const AlignTile& tile);
void to_floats_avx2(const std::uint8_t* bytes, std::size_t count, float* values);
#endif

}  // namespace kernels
}  // namespace anda

#endif
