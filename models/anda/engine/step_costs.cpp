// SPDX-License-Identifier: Apache-2.0
#include <anda/engine/step_costs.h>

#include <algorithm>

namespace anda {

namespace {

Mxu::Work times(Mxu::Work work, std::uint64_t n) {
  work.busy_cycles *= n;
  work.pe_cycles *= n;
  work.converted_values *= n;
  work.macs *= n;
  return work;
}

/// The slowest port and accumulators, and the least time that hides them, of a set of tiles.
struct FlowLimits {
  std::uint64_t weight_cycles = 0;
  std::uint64_t activation_cycles = 0;
  std::uint64_t out_cycles = 0;
  std::uint64_t least_last = ~std::uint64_t{0};
  std::uint64_t least_cycles = ~std::uint64_t{0};

  void add(const TileCost& tile) {
    weight_cycles = std::max(weight_cycles, tile.first_weight_cycles);
    activation_cycles = std::max(activation_cycles, tile.first_activation_cycles);
    out_cycles = std::max(out_cycles, tile.out_cycles);
    least_last = std::min(least_last, tile.last_cycles);
    least_cycles = std::min(least_cycles, tile.cycles());
  }

  bool flow() const { return weight_cycles <= least_last && activation_cycles <= 1 && out_cycles <= least_cycles; }
};

/// Fills in what the ports do for a tile. `weights`, `activations`: cycles that they take for a group; scales come with
/// the weights of the first group that needs them.
void add_ports(TileCost& tile, std::uint64_t compute, std::uint64_t weights, std::uint64_t activations, std::uint64_t k,
               std::uint32_t group, std::uint64_t columns, const GemmTask& task, const WeightBuffer& buffer) {
  const auto scales = [&](std::uint64_t groups) {
    return buffer.scale_words(std::min(groups * group, k), columns, task.weights.scale_group);
  };
  const std::uint64_t floor = std::max(compute, activations);
  tile.groups = ceil_div(k, group);
  tile.group_cycles = std::max(floor, weights);
  tile.busy_cycles = compute * tile.groups;
  tile.weight_cycles = weights;
  tile.first_weight_cycles = weights + scales(1);
  tile.first_activation_cycles = ceil_div(activations, compute);
  for (std::uint64_t i = 1; i < tile.groups; ++i) {
    tile.inner_cycles += std::max(floor, weights + scales(i + 1) - scales(i));
  }
  // The port turns to an operand when the array has taken the one before.
  tile.last_cycles = 1;
  for (std::uint64_t plane = 1; plane < compute; ++plane) {
    const std::uint64_t words = ceil_div((plane + 1) * activations, compute) - ceil_div(plane * activations, compute);
    tile.last_cycles += std::max<std::uint64_t>(1, words);
  }
  tile.weights_slower = weights >= activations;
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
      const Mxu::Work work = path.mxu.tile(rows, columns, k, task.input.mantissa_bits);

      TileCost& tile = cost.tiles[last_row][last_column];
      add_ports(tile, element.group_cycles(task.input.mantissa_bits), weight_words, port_cycles, k, group, columns,
                task, path.weight_buffer);
      tile.drain_cycles = path.vector_unit.cycles(values);
      tile.out_cycles = tile.drain_cycles;
      if (compress) {
        tile.out_cycles = std::max(tile.drain_cycles, path.compressor.cycles(values, task.output));
        tile.compressed = {lane_rates(task, path), values, rows * ceil_div(columns, task.output.group_size)};
      }

      cost.work += times(work, tiles);
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
  }
  return cost;
}

}  // namespace

LaneQueue::Rates lane_rates(const GemmTask& task, const Datapath& path) {
  const CompressorConfig& compressor = path.compressor.config();
  return {compressor.lanes, task.output.mantissa_bits + 1,
          std::min(compressor.values_per_cycle, path.vector_unit.config().fpus)};
}

StepCosts::StepCosts(const GemmTask& task, const Schedule& schedule, const Datapath& datapath) {
  FlowLimits limits;
  for (const bool last_m : {false, true}) {
    for (const bool last_n : {false, true}) {
      for (const bool last_k : {false, true}) {
        // An axis of one tile has only a last one.
        if ((!last_m && schedule.m().count == 1) || (!last_n && schedule.n().count == 1) ||
            (!last_k && schedule.k().count == 1)) {
          continue;
        }
        StepCost& cost = costs_[index(last_m, last_n, last_k)];
        cost = step_cost(task, schedule.m().extent(last_m), schedule.n().extent(last_n), schedule.k().extent(last_k),
                         last_k, datapath);
        for (const auto& row : cost.tiles) {
          for (const TileCost& tile : row) limits.add(tile);
        }
      }
    }
  }
  flow_ = limits.flow();
}

}  // namespace anda
