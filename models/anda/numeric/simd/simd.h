// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_SIMD_SIMD_H
#define ANDA_NUMERIC_SIMD_SIMD_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace anda {

namespace kernels {
struct GroupTile;
struct FloatTile;
struct PlaneRow;
struct AlignTile;
struct RoundedRow;
}  // namespace kernels

/// The fast functions for one set of instructions. All sets give the same bits. A new set is a file that defines one of
/// these, its declaration in kernels.h and its line in the table of simd.cpp.
struct Simd {
  const char* name;
  bool (*available)();  ///< whether this processor has the instructions

  /// Returns how many v became infinite.
  std::uint64_t (*group_tile)(const kernels::GroupTile& tile);
  void (*float_tile)(const kernels::FloatTile& tile);
  void (*unpack_planes)(const kernels::PlaneRow& row);
  /// Returns whether all values were finite; if not, what is written is of no use.
  bool (*align)(const kernels::AlignTile& tile);
  /// FP16 numbers, little-endian, as floats.
  void (*to_floats)(const std::uint8_t* bytes, std::size_t count, float* values);
  /// Returns whether all values are finite in FP16; if not, `rounded` has no meaning.
  bool (*round_row)(const kernels::RoundedRow& row);
};

/// The sets that this processor has, the fastest first. The last one is for any processor.
const std::vector<const Simd*>& available_simd();

/// The first of them.
const Simd& best_simd();

}  // namespace anda

#endif
