// SPDX-License-Identifier: Apache-2.0
#include <anda/accelerator/tiling.h>

#include <algorithm>
#include <limits>
#include <vector>

#include <anda/accelerator/step_time.h>
#include <anda/dataflow/schedule.h>
#include <anda/dataflow/step_limits.h>

namespace anda {

namespace {

std::uint32_t narrow(std::uint64_t value) { return static_cast<std::uint32_t>(value); }

/// Smallest multiple of `step` that divides `size` into as many parts as `largest` does: same traffic, but
/// the first load is shorter.
std::uint32_t balanced(std::uint32_t size, std::uint32_t largest, std::uint32_t step) {
  const std::uint64_t count = ceil_div(size, largest);
  return narrow(round_up(ceil_div(size, count), step));
}

/// Keeps the shape with the least traffic; among equals, the one whose first step loads least.
class Best {
 public:
  Best(const AcceleratorConfig& config, const GemmTask& task) : config_(config), task_(task) {}

  void offer(const StepShape& shape) {
    const std::uint64_t bytes =
        Schedule(task_, shape).traffic(task_, config_.mxu.rows, config_.mxu.columns).total_bytes();
    const std::uint64_t first = task_.input.bytes(shape.m, shape.k) + task_.weights.bytes(shape.k, shape.n);
    if (bytes < bytes_ || (bytes == bytes_ && first < first_)) {
      bytes_ = bytes;
      first_ = first;
      shape_ = shape;
    }
  }

  bool found() const { return bytes_ != std::numeric_limits<std::uint64_t>::max(); }
  const StepShape& shape() const { return shape_; }

 private:
  const AcceleratorConfig& config_;
  const GemmTask& task_;
  std::uint64_t bytes_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t first_ = 0;
  StepShape shape_;
};

[[noreturn]] void refuse(const AcceleratorConfig& config, const GemmTask& task, const StepLimits& limits) {
  const StepShape smallest{limits.m_step(), limits.n_step(), limits.k_step(), LoopOrder::mnk};
  throw Error::input("the buffers are too small for any step of a GeMM with m = " + std::to_string(task.m) +
                     ", n = " + std::to_string(task.n) + ", k = " + std::to_string(task.k) + ": one of " +
                     std::to_string(smallest.m) + " × " + std::to_string(smallest.n) + " × " +
                     std::to_string(smallest.k) +
                     " must fit in half of accelerator.activation_buffer.mantissa_bytes = " +
                     std::to_string(config.activation_buffer.mantissa_bytes) +
                     ", of exponent_bytes = " + std::to_string(config.activation_buffer.exponent_bytes) +
                     " and of accelerator.weight_buffer.bytes = " + std::to_string(config.weight_buffer.bytes));
}

StepShape paper_step(const AcceleratorConfig& config, const GemmTask& task, const StepLimits& limits) {
  const std::uint32_t n = narrow(round_up(paper_step_columns, limits.n_step()));
  const auto shape_of = [&](std::uint32_t k) { return StepShape{limits.m_step(), n, k, LoopOrder::nkm}; };
  const std::uint32_t k = limits.largest(limits.k_step(), task.k, shape_of);
  if (k == 0) refuse(config, task, limits);
  return shape_of(balanced(task.k, k, limits.k_step()));
}

StepShape automatic_step(const AcceleratorConfig& config, const GemmTask& task, const StepLimits& limits) {
  Best best(config, task);
  const std::uint32_t m_step = limits.m_step();
  const std::uint32_t n_step = limits.n_step();
  const std::uint32_t k_step = limits.k_step();

  // k in one, two, three … parts. One operand stays and is as wide as fits; the other streams in its narrowest parts.
  const std::uint64_t most_parts = ceil_div(task.k, k_step);
  for (std::uint64_t parts = 1; parts <= most_parts; ++parts) {
    const std::uint32_t k = narrow(round_up(ceil_div(task.k, parts), k_step));
    const auto weights_stay = [&](std::uint32_t n) { return StepShape{m_step, n, k, LoopOrder::nkm}; };
    const auto activations_stay = [&](std::uint32_t m) { return StepShape{m, n_step, k, LoopOrder::mkn}; };
    if (const std::uint32_t n = limits.largest(n_step, task.n, weights_stay)) {
      best.offer(weights_stay(balanced(task.n, n, n_step)));
    }
    if (const std::uint32_t m = limits.largest(m_step, task.m, activations_stay)) {
      best.offer(activations_stay(balanced(task.m, m, m_step)));
    }
  }

  // Output-stationary: k in the narrowest parts, m × n as large as fits.
  const std::uint32_t widest_m = narrow(round_up(task.m, m_step));
  for (std::uint32_t m = m_step; m <= widest_m; m += m_step) {
    const auto outputs_stay = [&](std::uint32_t n) { return StepShape{m, n, k_step, LoopOrder::mnk}; };
    const std::uint32_t n = limits.largest(n_step, task.n, outputs_stay);
    if (n == 0) break;
    best.offer(outputs_stay(balanced(task.n, n, n_step)));
  }

  if (!best.found()) refuse(config, task, limits);
  return best.shape();
}

/// Step extents up to `largest`, one for each number of parts that `size` can be divided into.
std::vector<std::uint32_t> balanced_sizes(std::uint32_t size, std::uint32_t largest, std::uint32_t step) {
  std::vector<std::uint32_t> sizes;
  for (std::uint32_t next = largest; next >= step; next = sizes.back() - step) {
    sizes.push_back(balanced(size, next, step));
  }
  return sizes;
}

/// Calls fn(shape) for every legal shape with balanced extents, in each loop order.
template <class Fn>
void for_each_balanced_shape(const GemmTask& task, const StepLimits& limits, Fn fn) {
  const std::uint32_t m_step = limits.m_step();
  const std::uint32_t n_step = limits.n_step();
  const std::uint32_t k_step = limits.k_step();
  for (const LoopOrder order : {LoopOrder::nkm, LoopOrder::mkn, LoopOrder::mnk}) {
    const auto of_k = [&](std::uint32_t k) { return StepShape{m_step, n_step, k, order}; };
    for (const std::uint32_t k : balanced_sizes(task.k, limits.largest(k_step, task.k, of_k), k_step)) {
      const auto of_m = [&](std::uint32_t m) { return StepShape{m, n_step, k, order}; };
      for (const std::uint32_t m : balanced_sizes(task.m, limits.largest(m_step, task.m, of_m), m_step)) {
        const auto of_n = [&](std::uint32_t n) { return StepShape{m, n, k, order}; };
        for (const std::uint32_t n : balanced_sizes(task.n, limits.largest(n_step, task.n, of_n), n_step)) {
          fn(of_n(n));
        }
      }
    }
  }
}

/// Among shapes within step_time_slack of the shortest time, the one with the least traffic, then the fastest one.
StepShape timed_step(const AcceleratorConfig& config, const GemmTask& task, const StepLimits& limits,
                     const DramConfig& memory) {
  struct Candidate {
    StepShape shape;
    std::uint64_t bytes;
    double seconds;
  };
  const StepTime time(config, task, memory);
  std::vector<Candidate> candidates;
  double shortest = std::numeric_limits<double>::infinity();
  for_each_balanced_shape(task, limits, [&](const StepShape& shape) {
    const Schedule schedule(task, shape);
    const Traffic traffic = schedule.traffic(task, config.mxu.rows, config.mxu.columns);
    candidates.push_back({shape, traffic.total_bytes(), time.seconds(schedule, shape, traffic)});
    shortest = std::min(shortest, candidates.back().seconds);
  });
  const Candidate* best = nullptr;
  for (const Candidate& one : candidates) {
    if (one.seconds > step_time_slack * shortest) continue;
    if (best == nullptr || one.bytes < best->bytes || (one.bytes == best->bytes && one.seconds < best->seconds)) {
      best = &one;
    }
  }
  if (best == nullptr) refuse(config, task, limits);
  return best->shape;
}

}  // namespace

StepShape choose_step(Tiling tiling, const AcceleratorConfig& config, const GemmTask& task, const DramConfig& memory) {
  const StepLimits limits(config.mxu, config.format, config.activation_buffer, config.weight_buffer, task);
  if (tiling == Tiling::paper) return paper_step(config, task, limits);
  return memory.level == DramLevel::detailed ? timed_step(config, task, limits, memory)
                                             : automatic_step(config, task, limits);
}

}  // namespace anda
