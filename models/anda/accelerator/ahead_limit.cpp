// SPDX-License-Identifier: Apache-2.0
#include <anda/accelerator/ahead_limit.h>

#include <algorithm>

#include <anda/base/math.h>
#include <anda/dataflow/schedule.h>
#include <anda/dataflow/vector_plan.h>
#include <anda/vector_unit/vector_passes.h>

namespace anda {

AheadLimit::AheadLimit(const AcceleratorConfig& config, const DramConfig& memory)
    : config_(config),
      machine_(config.mxu, config.format, config.activation_buffer, config.weight_buffer),
      bytes_per_cycle_(memory.peak_bytes_per_s() * memory.available() / config.clock_hz),
      latency_cycles_(memory.latency_ns * 1e-9 * config.clock_hz + 1),
      burst_bytes_(memory.burst_bytes()) {}

/// Transactions are aligned; with protocol `at`, the ragged ends of a run become several.
void AheadLimit::add(Transfers& sum, std::uint64_t bytes, std::uint64_t times) const {
  std::uint64_t ends = 1;
  for (std::uint32_t size = config_.dma.max_burst_bytes; config_.dma.protocol == MemoryProtocol::at && size > 1;
       size /= 2) {
    ends += 2;
  }
  sum.bytes += bytes;
  sum.transfers += times;
  sum.transactions += bytes / config_.dma.max_burst_bytes + times * ends;
}

/// A transfer may begin and end within a burst, hence two extra bursts each.
double AheadLimit::cycles(const Transfers& transfers) const {
  const auto bytes = static_cast<double>(transfers.bytes + 2 * burst_bytes_ * transfers.transfers);
  const std::uint64_t rounds = ceil_div(transfers.transactions, std::uint64_t{config_.dma.requests_in_flight});
  return bytes / bytes_per_cycle_ + static_cast<double>(rounds) * latency_cycles_;
}

/// Cycles by which the drains of the last two steps may differ: one tile through vector unit and compressor.
double AheadLimit::way_out(const ActivationFormat& results) const {
  const std::uint64_t values = std::uint64_t{config_.mxu.rows} * config_.mxu.columns;
  const std::uint64_t planes = results.is_fp16() ? 0 : results.mantissa_bits + 1;
  return static_cast<double>(ceil_div(values, std::uint64_t{config_.vector_unit.fpus}) +
                             ceil_div(values, std::uint64_t{config_.compressor.values_per_cycle}) +
                             (ceil_div(config_.mxu.rows, config_.compressor.lanes) + 1) * planes);
}

std::uint64_t AheadLimit::fitting(const WeightsAhead& wanted, double window, const Transfers& results) const {
  Transfers sum = results;
  std::uint64_t loads = 0;
  for (const Transfer& load : wanted.loads) {
    add(sum, load.memory.bytes, 1);
    if (cycles(sum) > window) break;
    ++loads;
  }
  return loads;
}

std::uint64_t AheadLimit::under(const GemmTask& running, const StepShape& shape, const WeightsAhead& wanted) const {
  const Schedule schedule(running, shape);
  const std::uint64_t row_tiles = ceil_div(schedule.m().extent(true), std::uint64_t{config_.mxu.rows});
  const std::uint64_t column_tiles = ceil_div(schedule.n().extent(true), std::uint64_t{config_.mxu.columns});
  std::uint64_t groups = ceil_div(schedule.k().extent(true), std::uint64_t{machine_.geometry.group});
  // The last panel to arrive holds activations, which all tiles of its row need, or weights.
  const bool weights_stay = shape.order == LoopOrder::nkm && schedule.m().count > 1;
  const std::uint64_t tiles = row_tiles > 1 || weights_stay ? column_tiles : 1;
  // The panels of a single-tile GeMM arrive in parts.
  if (schedule.steps() == 1 && row_tiles == 1 && column_tiles == 1) groups = 1;
  const std::uint64_t pass = machine_.element->pass_cycles(running.input.mantissa_bits, running.weights);

  const std::uint64_t height = std::min(shape.m, running.m);
  const std::uint64_t width = std::min(shape.n, running.n);
  const std::uint64_t sums = schedule.spills() ? height * width * sizeof(float) : 0;
  Transfers results;
  for (std::uint64_t step = 0; step < std::min<std::uint64_t>(schedule.steps(), 2); ++step) {
    add(results, std::max(running.output.bytes(height, width), sums),
        ceil_div(height, std::uint64_t{config_.mxu.rows}) * ceil_div(width, std::uint64_t{config_.mxu.columns}));
  }
  // The results of the penultimate step leave first, once they are in the buffer.
  const std::uint64_t tail = std::uint64_t{config_.mxu.fill_cycles} + config_.vector_unit.latency_cycles;
  auto window = static_cast<double>(tiles * groups * pass + tail);
  if (schedule.steps() > 1) {
    const auto step = static_cast<double>(row_tiles * column_tiles * groups * pass);
    window = std::min(window, step - way_out(running.output));
  }
  return fitting(wanted, window, results);
}

std::uint64_t AheadLimit::under(const VectorTask& running, const WeightsAhead& wanted) const {
  // The last panel of rows is divided like all others.
  VectorTask task = running;
  const std::uint32_t rows = config_.mxu.rows;
  task.rows = (running.rows - 1) % rows + 1;
  const auto readings = static_cast<std::uint32_t>(passes_of(task, false).size());
  VectorPlan plan(task, {}, machine_, readings);
  VectorStep last;
  while (plan.next(last)) continue;

  const std::vector<VectorPass> passes = passes_of(task, plan.rows_fit());
  const std::uint64_t elements = task.operation == VectorOperation::multiply ? last.macs : last.rows * last.columns;
  std::uint64_t window = 0;
  for (std::size_t i = plan.rows_fit() ? 0 : last.reading; i < passes.size(); ++i) {
    window += elements * passes[i].element.cycles(config_.vector_unit) / config_.vector_unit.fpus;
  }
  Transfers results;
  add(results, 2 * VectorPlan::output_bytes(task, rows), 2);
  task.rows = std::min(running.rows, rows);
  add(results, VectorPlan::output_bytes(task, rows), 1);
  return fitting(wanted, static_cast<double>(window) - way_out(running.output), results);
}

}  // namespace anda
