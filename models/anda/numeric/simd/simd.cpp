// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/simd/kernels.h>
#include <anda/numeric/simd/simd.h>

#ifdef ANDA_X86_KERNELS
#include <cpuid.h>
#endif

namespace anda {

#ifdef ANDA_X86_KERNELS
namespace {

/// __builtin_cpu_supports of Clang 14 does not know F16C.
bool has_f16c() {
  unsigned eax = 0;
  unsigned ebx = 0;
  unsigned ecx = 0;
  unsigned edx = 0;
  return __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0 && (ecx & bit_F16C) != 0;
}

}  // namespace
#endif

bool has_simd(Simd simd) {
  switch (simd) {
    case Simd::portable:
      return true;
#ifdef ANDA_X86_KERNELS
    case Simd::avx2:
      return __builtin_cpu_supports("avx2") && has_f16c();
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
