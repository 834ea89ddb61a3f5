// SPDX-License-Identifier: Apache-2.0
#include <anda/dataflow/schedule.h>

namespace anda {

namespace {

/// Sum of bytes(width) over the panels of an axis that is packed in panels of width `panel`.
template <class Bytes>
std::uint64_t over_panels(std::uint64_t size, std::uint64_t panel, Bytes bytes) {
  const std::uint64_t ragged = size % panel;
  return size / panel * bytes(panel) + (ragged != 0 ? bytes(ragged) : 0);
}

/// Sum of bytes(extent) over the steps of an axis.
template <class Bytes>
std::uint64_t over_steps(const TiledAxis& axis, Bytes bytes) {
  return (axis.count - 1) * bytes(axis.extent(false)) + bytes(axis.extent(true));
}

}  // namespace

Schedule::Schedule(const GemmTask& task, const StepShape& shape)
    : m_(task.m, shape.m), n_(task.n, shape.n), k_(task.k, shape.k), order_(shape.order) {
  at_m_.count = static_cast<std::uint32_t>(m_.count);
  at_n_.count = static_cast<std::uint32_t>(n_.count);
  at_k_.count = static_cast<std::uint32_t>(k_.count);
  switch (order_) {
    case LoopOrder::nkm:
      loops_ = {&Schedule::at_n_, &Schedule::at_k_, &Schedule::at_m_};
      break;
    case LoopOrder::mkn:
      loops_ = {&Schedule::at_m_, &Schedule::at_k_, &Schedule::at_n_};
      break;
    case LoopOrder::mnk:
      loops_ = {&Schedule::at_m_, &Schedule::at_n_, &Schedule::at_k_};
      break;
  }
  spills_ = k_.count > 1 && order_ != LoopOrder::mnk && (this->*loops_[2]).count > 1;
}

/// Advances the innermost loop, and an outer loop where the one inside it restarts; returns false at the end.
bool Schedule::advance() {
  at_m_.moved = at_n_.moved = at_k_.moved = false;
  for (std::size_t loop = loops_.size(); loop-- > 0;) {
    Place& at = this->*loops_[loop];
    at.moved = at.count > 1;
    if (++at.index < at.count) return true;
    at.index = 0;
  }
  return false;
}

bool Schedule::next(Step& step) {
  if (started_ && !ended_) ended_ = !advance();
  if (ended_) return false;
  started_ = true;
  step.m = at_m_.index;
  step.n = at_n_.index;
  step.k = at_k_.index;
  step.last_m = at_m_.index + 1 == at_m_.count;
  step.last_n = at_n_.index + 1 == at_n_.count;
  step.last_k = at_k_.index + 1 == at_k_.count;
  step.load_activations = at_m_.moved || at_k_.moved;
  step.load_weights = at_n_.moved || at_k_.moved;
  step.load_partial_sums = spills_ && at_k_.index > 0;
  step.store_partial_sums = spills_ && !step.last_k;
  step.store_outputs = step.last_k;
  return true;
}

Traffic Schedule::traffic(const GemmTask& task, std::uint32_t row_panel, std::uint32_t column_panel) const {
  const std::uint64_t activations = over_steps(k_, [&](std::uint64_t k) {
    return over_panels(task.m, row_panel, [&](std::uint64_t rows) { return task.input.bytes(rows, k); });
  });
  const std::uint64_t weights = over_steps(k_, [&](std::uint64_t k) {
    return over_panels(task.n, column_panel, [&](std::uint64_t columns) { return task.weights.bytes(k, columns); });
  });
  const std::uint64_t outputs = over_steps(n_, [&](std::uint64_t n) {
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
