// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_ROUND_VALUES_H
#define ANDA_NUMERIC_ROUND_VALUES_H

#include <cstddef>

#include <anda/numeric/activation_format.h>
#include <anda/numeric/simd/simd.h>

namespace anda {

/// Rounds a row of k floats as if stored in `format` and read back: to_fp16(), then, unless the format is FP16,
/// encode_group() of each group from the start of the row and decode(). The bits are identical, at about a hundred
/// times the speed. `rounded` may be `values`. Returns k, or the index of the first value that FP16 cannot hold (NaN,
/// 65520 and above); `rounded` is then undefined. Throws Error::input for an illegal format.
std::size_t round_values(const float* values, std::size_t k, const ActivationFormat& format, float* rounded,
                         const Simd& simd = best_simd());

}  // namespace anda

#endif
