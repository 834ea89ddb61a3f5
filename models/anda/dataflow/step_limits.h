// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DATAFLOW_STEP_LIMITS_H
#define ANDA_DATAFLOW_STEP_LIMITS_H

#include <anda/buffer/buffer_config.h>
#include <anda/dataflow/gemm_task.h>
#include <anda/mxu/mxu_config.h>
#include <anda/numeric/format_config.h>

namespace anda {

/// Size limits of a step, and the granularity of its extents.
class StepLimits {
 public:
  StepLimits(const MxuConfig& mxu, const FormatConfig& format, const ActivationBufferConfig& activation_buffer,
             const WeightBufferConfig& weight_buffer, const GemmTask& task);

  /// Whether the operands and results of a step of this shape fit in half of each memory.
  bool legal(const StepShape& shape) const;

  std::uint32_t m_step() const { return m_step_; }  ///< granularity along m: rows of the array
  std::uint32_t n_step() const { return n_step_; }  ///< along n: whole array widths and whole result groups
  std::uint32_t k_step() const { return k_step_; }  ///< along k: whole groups, weight scale groups and lanes

  /// Largest multiple of `step`, up to `size` rounded up, for which legal(shape_of(multiple)) holds; 0: none.
  template <class ShapeOf>
  std::uint32_t largest(std::uint32_t step, std::uint32_t size, ShapeOf shape_of) const {
    std::uint64_t low = 0;  // legal, in multiples; larger ones never need less room, so bisect
    std::uint64_t high = ceil_div(size, step) + 1;
    while (high - low > 1) {
      const std::uint64_t middle = (low + high) / 2;
      (legal(shape_of(static_cast<std::uint32_t>(middle * step))) ? low : high) = middle;
    }
    return static_cast<std::uint32_t>(low * step);
  }

 private:
  GemmTask task_;
  std::uint64_t mantissa_half_;
  std::uint64_t exponent_half_;
  std::uint64_t weight_half_;
  std::uint32_t m_step_;
  std::uint32_t n_step_;
  std::uint32_t k_step_;
};

}  // namespace anda

#endif
