// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/simd/kernels.h>
#include <anda/numeric/simd/simd.h>

namespace anda {

bool has_simd(Simd simd) {
  switch (simd) {
    case Simd::portable:
      return true;
#ifdef ANDA_X86_KERNELS
    case Simd::avx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c");
    case Simd::avx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
#endif
    default:
      return false;
  }
}

Simd best_simd() {
  for (const Simd simd : {Simd::avx512, Simd::avx2}) {
    if (has_simd(simd)) return simd;
  }
  return Simd::portable;
}

}  // namespace anda
