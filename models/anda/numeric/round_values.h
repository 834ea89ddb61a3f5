// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_NUMERIC_ROUND_VALUES_H
#define ANDA_NUMERIC_ROUND_VALUES_H

#include <cstddef>

#include <anda/numeric/activation_format.h>
#include <anda/numeric/simd/simd.h>

namespace anda {

/// What is left of a row of k values that is stored in `format` and read back, as floats: to_fp16(), then, unless the
/// format is FP16, encode_group() of each group from the row's start on and decode(). The same bits as those, in a
/// hundredth of the time. `rounded` may be `values`. Returns k, or the index of the first value that FP16 does not hold
/// (NaN, 65520 and above); `rounded` then has no meaning. Error::input for an illegal format.
std::size_t round_values(const float* values, std::size_t k, const ActivationFormat& format, float* rounded,
                         const Simd& simd = best_simd());

}  // namespace anda

#endif
