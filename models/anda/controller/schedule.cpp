// SPDX-License-Identifier: Apache-2.0
#include <anda/controller/schedule.h>

namespace anda {

namespace {

/// Sum over the tiles of one axis of bytes(extent), where the axis is packed in panels of a width.
template <class Bytes>
std::uint64_t over_panels(std::uint64_t size, std::uint64_t panel, Bytes bytes) {
  const std::uint64_t ragged = size % panel;
  return size / panel * bytes(panel) + (ragged != 0 ? bytes(ragged) : 0);
}

/// Sum over the tiles of an axis.
template <class Bytes>
std::uint64_t over_tiles(const TiledAxis& axis, Bytes bytes) {
  return (axis.count - 1) * bytes(axis.extent(false)) + bytes(axis.extent(true));
}

}  // namespace

Schedule::Schedule(const GemmTask& task, const TileShape& shape)
    : m_(task.m, shape.m), n_(task.n, shape.n), k_(task.k, shape.k), order_(shape.order) {
  switch (order_) {
    case LoopOrder::nkm:
      loops_ = {&Index::n, &Index::k, &Index::m};
      counts_ = {n_.count, k_.count, m_.count};
      break;
    case LoopOrder::mkn:
      loops_ = {&Index::m, &Index::k, &Index::n};
      counts_ = {m_.count, k_.count, n_.count};
      break;
    case LoopOrder::mnk:
      loops_ = {&Index::m, &Index::n, &Index::k};
      counts_ = {m_.count, n_.count, k_.count};
      break;
  }
  spills_ = k_.count > 1 && order_ != LoopOrder::mnk && counts_[2] > 1;
}

bool Schedule::next(Step& step) {
  const Index before = at_;
  if (started_ && !ended_) {
    int loop = 2;
    while (loop >= 0) {
      std::uint32_t& index = at_.*loops_[static_cast<std::size_t>(loop)];
      if (++index < counts_[static_cast<std::size_t>(loop)]) break;
      index = 0;
      --loop;
    }
    if (loop < 0) ended_ = true;
  }
  if (ended_) return false;
  step.m = at_.m;
  step.n = at_.n;
  step.k = at_.k;
  step.last_m = at_.m + 1 == m_.count;
  step.last_n = at_.n + 1 == n_.count;
  step.last_k = at_.k + 1 == k_.count;
  step.load_activations = !started_ || at_.m != before.m || at_.k != before.k;
  step.load_weights = !started_ || at_.n != before.n || at_.k != before.k;
  step.load_partial_sums = spills_ && at_.k > 0;
  step.store_partial_sums = spills_ && !step.last_k;
  step.store_outputs = step.last_k;
  started_ = true;
  return true;
}

Traffic Schedule::traffic(const GemmTask& task, std::uint32_t row_panel, std::uint32_t column_panel) const {
  const std::uint64_t activations = over_tiles(k_, [&](std::uint64_t k) {
    return over_panels(task.m, row_panel, [&](std::uint64_t rows) { return task.input.bytes(rows, k); });
  });
  const std::uint64_t weights = over_tiles(k_, [&](std::uint64_t k) {
    return over_panels(task.n, column_panel, [&](std::uint64_t columns) { return task.weights.bytes(k, columns); });
  });
  const std::uint64_t outputs = over_tiles(n_, [&](std::uint64_t n) {
    return over_panels(task.m, row_panel, [&](std::uint64_t rows) { return task.output.bytes(rows, n); });
  });

  std::uint64_t activation_passes = 1;
  std::uint64_t weight_passes = 1;
  switch (order_) {
    case LoopOrder::nkm:
      if (m_.count * k_.count > 1) activation_passes = n_.count;
      break;
    case LoopOrder::mkn:
      if (n_.count * k_.count > 1) weight_passes = m_.count;
      break;
    case LoopOrder::mnk:
      if (k_.count > 1) activation_passes = n_.count;
      if (n_.count * k_.count > 1) weight_passes = m_.count;
      break;
  }

  Traffic traffic;
  traffic.activation_bytes = activations * activation_passes;
  traffic.weight_bytes = weights * weight_passes;
  traffic.output_bytes = outputs;
  if (spills_) {
    const std::uint64_t once = std::uint64_t{task.m} * task.n * 4;
    traffic.partial_sum_read_bytes = once * (k_.count - 1);
    traffic.partial_sum_write_bytes = once * (k_.count - 1);
  }
  return traffic;
}

}  // namespace anda
