// SPDX-License-Identifier: Apache-2.0
#include <anda/controller/step_costs.h>

#include <algorithm>

namespace anda {

namespace {

Mxu::Work times(Mxu::Work work, std::uint64_t n) {
  work.busy_cycles *= n;
  work.weight_port_cycles *= n;
  work.activation_port_cycles *= n;
  work.pe_cycles *= n;
  work.converted_values *= n;
  work.macs *= n;
  return work;
}

StepCost step_cost(const GemmTask& task, std::uint64_t m, std::uint64_t n, std::uint64_t k, bool last_k,
                   const Datapath& path) {
  const MxuConfig& array = path.mxu.config();
  const ProcessingElement& element = path.mxu.processing_element();
  const std::uint32_t group = element.group_elements();
  const bool compress = last_k && element.compresses() && !task.output.is_fp16();

  StepCost cost;
  cost.row_tiles = ceil_div(m, array.rows);
  cost.column_tiles = ceil_div(n, array.columns);
  for (const bool last_row : {false, true}) {
    const std::uint64_t row_tiles = last_row ? 1 : cost.row_tiles - 1;
    const std::uint64_t rows = last_row ? m - (cost.row_tiles - 1) * array.rows : array.rows;
    const ActivationBuffer::Words row_words = path.activation_buffer.words(rows, k, task.input);
    const std::uint64_t port_cycles =
        path.activation_buffer.read_cycles(path.activation_buffer.words(rows, group, task.input).mantissa);
    cost.activations_loaded += row_words * row_tiles;
    cost.results += path.activation_buffer.words(rows, n, task.output) * row_tiles;

    for (const bool last_column : {false, true}) {
      const std::uint64_t tiles = row_tiles * (last_column ? 1 : cost.column_tiles - 1);
      const std::uint64_t columns = last_column ? n - (cost.column_tiles - 1) * array.columns : array.columns;
      const std::uint64_t values = rows * columns;
      const std::uint64_t weight_words = path.weight_buffer.words(group, columns, task.weights.bits);
      const Mxu::Work work = path.mxu.tile(rows, columns, k, task.input.mantissa_bits, weight_words, port_cycles);

      // Accumulators are double-buffered: draining shows only where a tile is shorter than it.
      const std::uint64_t drain = path.vector_unit.cycles(values);
      const std::uint64_t out = std::max(drain, compress ? path.compressor.cycles(values, task.output) : 0);
      const std::uint64_t after_drain = std::max(work.cycles(), drain);

      TileCost& tile = cost.tiles[last_row][last_column];
      tile.groups = ceil_div(k, group);
      tile.group_cycles = work.cycles() / tile.groups;
      tile.drain_cycles = after_drain - work.cycles();
      tile.compressor_cycles = std::max(after_drain, out) - after_drain;
      tile.tail_drain_cycles = drain + path.vector_unit.config().latency_cycles;

      cost.work += times(work, tiles);
      cost.drain_cycles += tiles * tile.drain_cycles;
      cost.compressor_cycles += tiles * tile.compressor_cycles;
      cost.values += tiles * values;
      cost.activations_read += row_words * tiles;
      cost.weight_words_read +=
          tiles * (tile.groups * weight_words + path.weight_buffer.scale_words(k, columns, task.weights.scale_group));
    }
  }
  cost.weight_words_loaded = ceil_div(task.weights.bytes(k, n) * 8, path.weight_buffer.config().word_bits);
  cost.partial_sums = path.activation_buffer.partial_sum_words(m, n);
  if (compress) {
    cost.groups_compressed = m * ceil_div(n, task.output.group_size);
    cost.tail_compressor_cycles = path.compressor.flush_cycles(task.output);
  }
  return cost;
}

}  // namespace

StepCosts::StepCosts(const GemmTask& task, const Schedule& schedule, const Datapath& datapath) {
  for (const bool last_m : {false, true}) {
    for (const bool last_n : {false, true}) {
      for (const bool last_k : {false, true}) {
        // An axis of one tile has only a last one.
        if ((!last_m && schedule.m().count == 1) || (!last_n && schedule.n().count == 1) ||
            (!last_k && schedule.k().count == 1)) {
          continue;
        }
        costs_[index(last_m, last_n, last_k)] =
            step_cost(task, schedule.m().extent(last_m), schedule.n().extent(last_n), schedule.k().extent(last_k),
                      last_k, datapath);
      }
    }
  }
}

}  // namespace anda
