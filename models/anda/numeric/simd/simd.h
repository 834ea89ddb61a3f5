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

/// The fast functions for one instruction set. All sets give the same bits. A new set is a file that defines one of
/// these, its declaration in kernels.h and its line in the table of simd.cpp.
struct Simd {
  const char* name;
  bool (*available)();  ///< whether this processor supports the instructions

  /// Returns the number of v that became infinite.
  std::uint64_t (*group_tile)(const kernels::GroupTile& tile);
  void (*float_tile)(const kernels::FloatTile& tile);
  void (*unpack_planes)(const kernels::PlaneRow& row);
  /// Returns whether all values were finite; otherwise the output is undefined.
  bool (*align)(const kernels::AlignTile& tile);
  /// Converts little-endian FP16 numbers to floats.
  void (*to_floats)(const std::uint8_t* bytes, std::size_t count, float* values);
  /// Returns whether all values are finite in FP16; otherwise `rounded` is undefined.
  bool (*round_row)(const kernels::RoundedRow& row);
};

/// The sets that this processor supports, fastest first. The last one runs on any processor.
const std::vector<const Simd*>& available_simd();

/// The fastest supported set.
const Simd& best_simd();

}  // namespace anda

#endif
