// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/simd/simd.h>

#include <algorithm>
#include <array>
#include <iterator>

#include <anda/numeric/simd/kernels.h>

namespace anda {
namespace {

/// Fastest first.
constexpr std::array all_simd{
#ifdef ANDA_X86_KERNELS
    &kernels::avx512, &kernels::avx2,
#endif
    &kernels::portable};

}  // namespace

const std::vector<const Simd*>& available_simd() {
  static const std::vector<const Simd*> available = [] {
    std::vector<const Simd*> list;
    std::copy_if(all_simd.begin(), all_simd.end(), std::back_inserter(list),
                 [](const Simd* simd) { return simd->available(); });
    return list;
  }();
  return available;
}

const Simd& best_simd() { return *available_simd().front(); }

}  // namespace anda
