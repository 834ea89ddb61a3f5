// SPDX-License-Identifier: Apache-2.0
#include <anda/accelerator/tiling.h>

#include <algorithm>
#include <limits>

#include <anda/dataflow/schedule.h>
#include <anda/dataflow/tile_limits.h>

namespace anda {

namespace {

std::uint32_t narrow(std::uint64_t value) { return static_cast<std::uint32_t>(value); }

/// The smallest extent of a step, a multiple of `step`, that still cuts size into as many parts as `largest` does: no
/// traffic is lost and the first load is shorter.
std::uint32_t balanced(std::uint32_t size, std::uint32_t largest, std::uint32_t step) {
  const std::uint64_t count = ceil_div(size, largest);
  return narrow(round_up(ceil_div(size, count), step));
}

/// Keeps the shape with the least traffic, and of equals the one whose first step loads least.
class Best {
 public:
  Best(const AcceleratorConfig& config, const GemmTask& task) : config_(config), task_(task) {}

  void offer(const TileShape& shape) {
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
  const TileShape& shape() const { return shape_; }

 private:
  const AcceleratorConfig& config_;
  const GemmTask& task_;
  std::uint64_t bytes_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t first_ = 0;
  TileShape shape_;
};

[[noreturn]] void refuse(const AcceleratorConfig& config, const GemmTask& task, const TileLimits& limits) {
  const TileShape smallest{limits.m_step(), limits.n_step(), limits.k_step(), LoopOrder::mnk};
  throw Error::input("the buffers are too small for any step of a GeMM with m = " + std::to_string(task.m) +
                     ", n = " + std::to_string(task.n) + ", k = " + std::to_string(task.k) + ": one of " +
                     std::to_string(smallest.m) + " × " + std::to_string(smallest.n) + " × " +
                     std::to_string(smallest.k) +
                     " must fit in half of accelerator.activation_buffer.mantissa_bytes = " +
                     std::to_string(config.activation_buffer.mantissa_bytes) +
                     ", of exponent_bytes = " + std::to_string(config.activation_buffer.exponent_bytes) +
                     " and of accelerator.weight_buffer.bytes = " + std::to_string(config.weight_buffer.bytes));
}

TileShape paper_tile(const AcceleratorConfig& config, const GemmTask& task, const TileLimits& limits) {
  const std::uint32_t n = narrow(round_up(paper_tile_columns, limits.n_step()));
  const auto shape_of = [&](std::uint32_t k) { return TileShape{limits.m_step(), n, k, LoopOrder::nkm}; };
  const std::uint32_t k = limits.largest(limits.k_step(), task.k, shape_of);
  if (k == 0) refuse(config, task, limits);
  return shape_of(balanced(task.k, k, limits.k_step()));
}

TileShape automatic_tile(const AcceleratorConfig& config, const GemmTask& task, const TileLimits& limits) {
  Best best(config, task);
  const std::uint32_t m_step = limits.m_step();
  const std::uint32_t n_step = limits.n_step();
  const std::uint32_t k_step = limits.k_step();

  // k in one, two, three … parts. One operand stays and is as wide as fits; the other streams in its narrowest parts.
  const std::uint64_t most_parts = ceil_div(task.k, k_step);
  for (std::uint64_t parts = 1; parts <= most_parts; ++parts) {
    const std::uint32_t k = narrow(round_up(ceil_div(task.k, parts), k_step));
    const auto weights_stay = [&](std::uint32_t n) { return TileShape{m_step, n, k, LoopOrder::nkm}; };
    const auto activations_stay = [&](std::uint32_t m) { return TileShape{m, n_step, k, LoopOrder::mkn}; };
    if (const std::uint32_t n = limits.largest(n_step, task.n, weights_stay)) {
      best.offer(weights_stay(balanced(task.n, n, n_step)));
    }
    if (const std::uint32_t m = limits.largest(m_step, task.m, activations_stay)) {
      best.offer(activations_stay(balanced(task.m, m, m_step)));
    }
  }

  // The results stay: k in the narrowest parts, m × n as large as fits.
  const std::uint32_t widest_m = narrow(round_up(task.m, m_step));
  for (std::uint32_t m = m_step; m <= widest_m; m += m_step) {
    const auto outputs_stay = [&](std::uint32_t n) { return TileShape{m, n, k_step, LoopOrder::mnk}; };
    const std::uint32_t n = limits.largest(n_step, task.n, outputs_stay);
    if (n == 0) break;
    best.offer(outputs_stay(balanced(task.n, n, n_step)));
  }

  if (!best.found()) refuse(config, task, limits);
  return best.shape();
}

}  // namespace

TileShape choose_tile(Tiling tiling, const AcceleratorConfig& config, const GemmTask& task) {
  const TileLimits limits(config.mxu, config.format, config.activation_buffer, config.weight_buffer, task);
  return tiling == Tiling::paper ? paper_tile(config, task, limits) : automatic_tile(config, task, limits);
}

}  // namespace anda
