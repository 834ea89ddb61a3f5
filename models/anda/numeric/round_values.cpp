// SPDX-License-Identifier: Apache-2.0
#include <anda/numeric/round_values.h>

#include <anda/numeric/fp16.h>
#include <anda/numeric/group_format.h>
#include <anda/numeric/simd/kernels.h>

namespace anda {

std::size_t round_values(const float* values, std::size_t k, const ActivationFormat& format, float* rounded,
                         const Simd& simd) {
  if (!format.is_fp16()) check_format(GroupFormat{format.group_size, format.mantissa_bits}, max_mantissa_bits);
  // Works even if the kernel has overwritten its input: values that are too large stay so.
  const auto first_refused = [k](const float* row) {
    std::size_t i = 0;
    while (i < k && to_fp16(row[i]).is_finite()) ++i;
    return i;
  };
  const kernels::RoundedRow row{values, k, format.is_fp16() ? k : format.group_size, format.mantissa_bits, rounded};
  return simd.round_row(row) ? k : first_refused(values);
}

}  // namespace anda
