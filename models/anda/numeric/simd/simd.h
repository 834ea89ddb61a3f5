// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_SIMD_SIMD_H
#define ANDA_NUMERIC_SIMD_SIMD_H

#include <anda/base/describe.h>

namespace anda {

/// The instructions that the fast functions use. All give the same bits.
enum class Simd {
  portable,  ///< any processor
  avx2,      ///< with F16C
  avx512     ///< F, BW, VL and VNNI
};

inline constexpr ChoiceTable<Simd, 3> simd_choices{
    {{"portable", Simd::portable}, {"avx2", Simd::avx2}, {"avx512", Simd::avx512}}};

/// Whether this processor has them.
bool has_simd(Simd simd);

/// The fastest that this processor has.
Simd best_simd();

}  // namespace anda

#endif
