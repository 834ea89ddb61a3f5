// SPDX-License-Identifier: Apache-2.0
#include <anda/dataflow/step_limits.h>

#include <algorithm>
#include <numeric>

namespace anda {

StepLimits::StepLimits(const MxuConfig& mxu, const FormatConfig& format,
                       const ActivationBufferConfig& activation_buffer, const WeightBufferConfig& weight_buffer,
                       const GemmTask& task)
    : task_(task),
      mantissa_half_(activation_buffer.mantissa_bytes / 2),
      exponent_half_(activation_buffer.exponent_bytes / 2),
      weight_half_(weight_buffer.bytes / 2),
      m_step_(mxu.rows),
      n_step_(std::lcm(mxu.columns, format.group_size)),
      k_step_(std::lcm(std::lcm(task.weights.scale_group, format.group_size), mxu.lanes_per_pe)) {}

bool StepLimits::legal(const StepShape& shape) const {
  const std::uint64_t m = std::min(shape.m, task_.m);
  const std::uint64_t n = std::min(shape.n, task_.n);
  const std::uint64_t k = std::min(shape.k, task_.k);
  const bool split = shape.k < task_.k;
  std::uint64_t result_bytes = task_.output.mantissa_bytes(m, n);
  if (split) result_bytes = std::max(result_bytes, m * n * 4);
  return task_.input.mantissa_bytes(m, k) + result_bytes <= mantissa_half_ &&
         task_.input.exponent_bytes(m, k) + task_.output.exponent_bytes(m, n) <= exponent_half_ &&
         task_.weights.bytes(k, n) <= weight_half_;
}

}  // namespace anda
