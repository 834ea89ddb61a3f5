// SPDX-License-Identifier: Apache-2.0
#include <anda/accelerator/step_time.h>

#include <algorithm>

#include <anda/base/math.h>
#include <anda/mxu/processing_element/processing_element.h>

namespace anda {

StepTime::StepTime(const AcceleratorConfig& config, const GemmTask& task, const DramConfig& memory)
    : task_(task),
      bytes_per_s_(memory.peak_bytes_per_s() * memory.available()),
      step_s_(2 * memory.latency_ns * 1e-9),
      compute_s_(0) {
  const auto element = make_processing_element(config.mxu, config.format);
  const double passes = static_cast<double>(ceil_div(task.m, config.mxu.rows)) *
                        static_cast<double>(ceil_div(task.n, config.mxu.columns)) *
                        static_cast<double>(ceil_div(task.k, element->group_elements()));
  compute_s_ = passes * element->pass_cycles(task.input.mantissa_bits, task.weights) / config.clock_hz;
}

double StepTime::seconds(const Schedule& schedule, const StepShape& shape, const Traffic& traffic) const {
  const std::uint32_t m = std::min(shape.m, task_.m);
  const std::uint32_t n = std::min(shape.n, task_.n);
  const std::uint32_t k = std::min(shape.k, task_.k);
  const auto steps = static_cast<double>(schedule.steps());
  const auto ends = static_cast<double>(task_.input.bytes(m, k) + task_.weights.bytes(k, n) + task_.output.bytes(m, n));
  const double memory = static_cast<double>(traffic.total_bytes()) / bytes_per_s_ + steps * step_s_;
  return std::max(compute_s_ + ends / bytes_per_s_, memory + compute_s_ / steps);
}

}  // namespace anda
