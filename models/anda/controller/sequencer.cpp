// SPDX-License-Identifier: Apache-2.0
#include <anda/controller/sequencer.h>

#include <algorithm>

#include <anda/base/error.h>

namespace anda {

namespace {

constexpr std::uint64_t never = ~std::uint64_t{0};

}  // namespace

/// A step whose operands have been asked for.
struct Sequencer::Loaded {
  Schedule::Step step;
  bool first = false;                      ///< of the GeMM
  std::vector<std::uint64_t> activations;  ///< cycle at which each panel is there
  std::vector<std::uint64_t> weights;
  std::vector<std::uint64_t> activation_parts;  ///< the first step's first panels, part by part
  std::vector<std::uint64_t> weight_parts;
  std::uint64_t asked = 0;      ///< transfers asked for, up to the last of its loads
  std::uint64_t earliest = 0;   ///< cycle from which on there was a half to load into
  std::uint64_t idle_from = 0;  ///< cycle at which the DMA was done with what came before the step's turn
  std::uint64_t held = 0;       ///< cycles for which the DMA had nothing to do, but no half was free
  std::uint32_t activation_half = 0;
  std::uint32_t weight_half = 0;
  std::uint32_t slot = 0;  ///< which of the two it is
};

Sequencer::Sequencer(sc_core::sc_module_name name, const Datapath& datapath, Dma& dma, FunctionalPath& data)
    : sc_module(name), datapath_(datapath), dma_(dma), data_(data) {
  counts_.register_in(counters_);
}

void Sequencer::trace_blocks(sc_core::sc_trace_file&, const std::string&) const {
  throw Error::input("waveforms need level cycle: level fast has no clocks to show");
}

std::uint64_t Sequencer::run(const GemmTask& task, const TileShape& shape, const GemmAddresses& addresses,
                             const TileLimits& limits) {
  Schedule schedule(task, shape);
  const StepCosts costs(task, schedule, datapath_);
  const GemmOperands operands(task, shape, addresses, datapath_.mxu, limits);

  dma_.begin();
  if (data_.enabled()) data_.begin(task, shape, limits);
  if (observer() != nullptr) observer()->begin_gemm(sc_core::sc_time_stamp().value());
  ready_ = 0;
  put_out_ = 0;
  lanes_.begin(lane_rates(task, datapath_));
  pace_ = ArrayPace();
  Loaded ahead[2];                             // the step to compute and the one whose operands load meanwhile
  std::uint64_t activation_half_left[2] = {};  // cycle at which the array was done with each half
  std::uint64_t weight_half_left[2] = {};
  std::uint32_t activation_half = 0;
  std::uint32_t weight_half = 0;
  std::size_t in_flight = 0;

  const auto prefetch = [&](Loaded& loaded, std::uint64_t not_before) {
    Schedule::Step& step = loaded.step;
    if (!schedule.next(step)) return false;
    if (step.load_activations) activation_half ^= 1;
    if (step.load_weights) weight_half ^= 1;
    std::uint64_t earliest = not_before;
    if (step.load_activations) earliest = std::max(earliest, activation_half_left[activation_half]);
    if (step.load_weights) earliest = std::max(earliest, weight_half_left[weight_half]);
    loaded.activation_half = activation_half;
    loaded.weight_half = weight_half;
    loaded.earliest = earliest;
    load(loaded, operands, costs.of(step), earliest);
    return true;
  };

  for (Loaded& loaded : ahead) {
    loaded.first = in_flight == 0;
    loaded.slot = static_cast<std::uint32_t>(&loaded - ahead);
    loaded.activations.assign(operands.panels_m, 0);
    loaded.weights.assign(operands.panels_n, 0);
    if (loaded.first) loaded.activation_parts.assign(operands.parts, 0);
    if (loaded.first) loaded.weight_parts.assign(operands.parts, 0);
    if (prefetch(loaded, 0)) ++in_flight;
  }

  const StepCost* cost = nullptr;
  for (std::size_t i = 0; in_flight > 0 && !dma_.stopped(); i ^= 1) {
    Loaded& loaded = ahead[i];
    dma_.await(loaded.asked);
    if (dma_.stopped()) break;  // what was loaded may not be all there
    cost = &costs.of(loaded.step);
    loaded.held = loaded.earliest - std::min(loaded.earliest, loaded.idle_from);
    if (observer() == nullptr) {
      compute<false>(loaded, operands, *cost, costs.flow());
    } else {
      compute<true>(loaded, operands, *cost, costs.flow());
    }
    const std::uint64_t done = pace_.done;
    const std::uint64_t full = std::min(pace_.waited, loaded.held);
    stalls_[ArrayState::buffer_full] += full;
    stalls_[ArrayState::dram] += pace_.waited - full;
    pace_.waited = 0;
    activation_half_left[loaded.activation_half] = done;
    weight_half_left[loaded.weight_half] = done;
    count(loaded.step, *cost, task);
    if (observer() != nullptr) {
      observer()->leave_half(Operand::activations, loaded.activation_half, done);
      observer()->leave_half(Operand::weights, loaded.weight_half, done);
    }
    if (data_.enabled()) data_.compute(loaded.step, loaded.activation_half, loaded.weight_half, loaded.slot);

    dma_.note_idle(loaded.idle_from);
    const std::uint64_t stored = store(loaded, operands, *cost);
    loaded.first = false;
    if (!prefetch(loaded, stored)) --in_flight;
  }
  dma_.await(dma_.asked());

  const std::uint64_t end = std::max(ready_, dma_.idle_from());
  if (cost != nullptr) {
    const std::uint64_t fill = datapath_.mxu.config().fill_cycles;
    const std::uint64_t done = pace_.done;
    stalls_[ArrayState::fill] += fill;
    stalls_[ArrayState::drain] += put_out_ - done - fill;
    stalls_[ArrayState::compressor] += ready_ - put_out_;
    stalls_[ArrayState::dram] += end - ready_;
    if (observer() != nullptr) {
      show(ArrayState::fill, done, fill);
      show(ArrayState::drain, done + fill, put_out_ - done - fill);
      show(ArrayState::compressor, put_out_, ready_ - put_out_);
      show(ArrayState::dram, ready_, end - ready_);
    }
  } else {
    stalls_[ArrayState::dram] += end;  // stopped in the first loads
    if (observer() != nullptr) show(ArrayState::dram, 0, end);
  }
  stalls_[ArrayState::activation_port] += pace_.port[0];
  stalls_[ArrayState::weight_port] += pace_.port[1];
  stalls_[ArrayState::drain] += pace_.out[0];
  stalls_[ArrayState::compressor] += pace_.out[1];
  counts_.cycles += end;
  if (!dma_.stopped()) ++counts_.gemms;
  if (observer() != nullptr) observer()->end_gemm(end);
  dma_.finish(end);
  return end;
}

/// Asks for a step's operands in the order in which its output tiles need them.
void Sequencer::load(Loaded& loaded, const GemmOperands& operands, const StepCost& cost, std::uint64_t earliest) {
  const Schedule::Step& step = loaded.step;
  const auto read = [&](Operand operand, const MemoryRun& run, std::uint64_t& arrival, std::uint8_t* to) {
    dma_.read(operand, run.address, run.bytes, earliest, &arrival, to);
  };
  if (observer() != nullptr) show_loads(loaded, operands, cost, earliest);
  const std::uint64_t first_row = step.m * operands.panels_m;
  const std::uint64_t first_column = step.n * operands.panels_n;

  const auto activation_room = [&](std::uint64_t row) {
    return data_.enabled() ? data_.activation_room(step, loaded.activation_half, row) : nullptr;
  };
  const auto weight_room = [&](std::uint64_t column) {
    return data_.enabled() ? data_.weight_room(step, loaded.weight_half, column) : nullptr;
  };

  const auto load_row = [&](std::uint64_t row) {
    if (step.load_partial_sums) {
      for (std::uint64_t block = 0; block * operands.tiles_of_block < cost.column_tiles; ++block) {
        read(Operand::partial_sums, operands.partial_sums.run(first_row + row, step.n * operands.blocks_n + block),
             loaded.activations[row],
             data_.enabled() ? data_.partial_sum_room(step, loaded.slot, row, block) : nullptr);
      }
    }
    if (step.load_activations) {
      read(Operand::activations, operands.activations.run(first_row + row, step.k), loaded.activations[row],
           activation_room(row));
    }
  };
  const auto load_column = [&](std::uint64_t column) {
    if (step.load_weights) {
      read(Operand::weights, operands.weights.run(first_column + column, step.k), loaded.weights[column],
           weight_room(column));
    }
  };

  if (loaded.first) {
    std::uint8_t* weights = weight_room(0);
    std::uint8_t* activations = activation_room(0);
    for (std::uint64_t part = 0; part < operands.parts; ++part) {
      const MemoryRun weight_part = operands.weight_parts.run(0, part);
      const MemoryRun activation_part = operands.activation_parts.run(0, part);
      read(Operand::weights, weight_part, loaded.weight_parts[part], weights);
      read(Operand::activations, activation_part, loaded.activation_parts[part], activations);
      if (weights != nullptr) weights += weight_part.bytes;
      if (activations != nullptr) activations += activation_part.bytes;
    }
  } else {
    load_column(0);
    load_row(0);
  }
  for (std::uint64_t column = 1; column < cost.column_tiles; ++column) load_column(column);
  for (std::uint64_t row = 1; row < cost.row_tiles; ++row) load_row(row);
  loaded.asked = dma_.asked();

  if (step.load_weights) datapath_.weight_buffer.count_write(cost.weight_words_loaded);
  if (step.load_activations) datapath_.activation_buffer.count_write(cost.activations_loaded);
  if (step.load_partial_sums) datapath_.activation_buffer.count_write(cost.partial_sums);
}

/// Passes over the step's output tiles, each as soon as the array is free and its operands are there. Leaves behind
/// when each block of results is in the buffer.
template <bool observed>
void Sequencer::compute(const Loaded& loaded, const GemmOperands& operands, const StepCost& cost, bool flow) {
  const std::uint64_t latency = datapath_.mxu.config().fill_cycles + datapath_.vector_unit.config().latency_cycles;
  block_ready_.clear();
  CycleSpan computing{never, 0};
  CycleSpan draining{never, 0};
  const auto start = [&](const TileCost& tile, std::uint64_t activations, std::uint64_t weights,
                         std::uint64_t weight_cycles) {
    if constexpr (!observed) return pace_.start(tile, activations, weights, weight_cycles);
    const ArrayPace before = pace_;
    const std::uint64_t started = pace_.start(tile, activations, weights, weight_cycles);
    show_waits(before, pace_, loaded.held);
    computing.from = std::min(computing.from, started);
    return started;
  };
  const auto take_in = [&](const TileCost& tile, std::uint64_t started, std::uint64_t inner, std::uint64_t busy) {
    pace_.take_in(tile, started, inner, busy);
    if constexpr (!observed) return;
    // Where in a tile its port holds it up is not known here: it is shown at the end.
    show(ArrayState::busy, started, busy);
    show(tile.weights_slower ? ArrayState::weight_port : ArrayState::activation_port, started + busy,
         pace_.done - started - busy);
  };
  // Panels arrive in their order, and then have to come through their port.
  const bool waits_for_nothing =
      !observed && flow && !loaded.first && loaded.activations[cost.row_tiles - 1] < pace_.done &&
      loaded.weights[cost.column_tiles - 1] + cost.tiles[false][false].first_weight_cycles <= pace_.done;
  for (std::uint64_t row = 0; row < cost.row_tiles; ++row) {
    const auto& tiles = cost.tiles[row + 1 == cost.row_tiles];
    for (std::uint64_t column = 0; column < cost.column_tiles;) {
      const std::uint64_t block_end = std::min(column + operands.tiles_of_block, cost.column_tiles);
      const TileCost& last = tiles[block_end == cost.column_tiles];
      if (waits_for_nothing) {
        pace_.skip(tiles[false], block_end - 1 - column);
        pace_.take_in(last, pace_.done, last.inner_cycles, last.busy_cycles);
        pace_.drain(last);
        column = block_end;
      }
      for (; column < block_end; ++column) {
        const TileCost& tile = tiles[column + 1 == cost.column_tiles];
        if (loaded.first && row == 0 && column == 0) {
          const std::uint64_t busy_of_group = tile.busy_cycles / tile.groups;
          std::uint64_t inner = tile.inner_cycles - (tile.groups - 1) * tile.group_cycles;  // for scales
          std::uint64_t groups = tile.groups;
          for (std::size_t part = 0; part < operands.parts; ++part) {
            const std::uint64_t now = std::min(groups, operands.groups_of_part);
            const std::uint64_t weights = part == 0 ? tile.first_weight_cycles : tile.weight_cycles;
            const std::uint64_t started =
                start(tile, loaded.activation_parts[part], loaded.weight_parts[part], weights);
            take_in(tile, started, inner + (now - 1) * tile.group_cycles, now * busy_of_group);
            groups -= now;
            inner = 0;
          }
        } else {
          const std::uint64_t started =
              start(tile, loaded.activations[row], loaded.weights[column], tile.first_weight_cycles);
          take_in(tile, started, tile.inner_cycles, tile.busy_cycles);
        }
        pace_.drain(tile);
        if constexpr (observed) draining = {std::min(draining.from, pace_.drains), pace_.drains + tile.drain_cycles};
      }
      put_out_ = pace_.drains + latency + last.drain_cycles;
      const bool compresses = last.compressed.groups > 0;
      ready_ = std::max(ready_, compresses ? lanes_.add(pace_.drains + latency, last.compressed) : put_out_);
      block_ready_.push_back(ready_);
    }
  }
  if constexpr (observed) {
    const std::uint64_t fill = datapath_.mxu.config().fill_cycles;
    observer()->step(loaded.step.m, loaded.step.n, loaded.step.k, {computing.from, pace_.done});
    observer()->vector_unit(cost.values, {draining.from + fill, draining.to + fill});
    if (cost.groups_compressed > 0) {
      observer()->compressor(cost.groups_compressed, {draining.from + latency, ready_});
    }
  }
}

/// Sends a step's results away, if it has any for memory; returns from when on the DMA is free for loads again.
std::uint64_t Sequencer::store(const Loaded& loaded, const GemmOperands& operands, const StepCost& cost) {
  const Schedule::Step& step = loaded.step;
  if (!step.store_outputs && !step.store_partial_sums) return 0;
  const OperandLayout& layout = step.store_outputs ? operands.outputs : operands.partial_sums;
  const Operand operand = step.store_outputs ? Operand::results : Operand::partial_sums;
  auto ready = block_ready_.begin();
  for (std::uint64_t row = 0; row < cost.row_tiles; ++row) {
    for (std::uint64_t block = 0; block * operands.tiles_of_block < cost.column_tiles; ++block) {
      const MemoryRun run = layout.run(step.m * operands.panels_m + row, step.n * operands.blocks_n + block);
      std::uint8_t* from = data_.enabled() ? data_.result(loaded.slot, row, block) : nullptr;
      dma_.write(operand, run.address, run.bytes, *ready++, from);
    }
  }
  return block_ready_.back();
}

/// The tiles that a step loads, from when their halves are taken.
void Sequencer::show_loads(const Loaded& loaded, const GemmOperands& operands, const StepCost& cost,
                           std::uint64_t earliest) {
  const Schedule::Step& step = loaded.step;
  if (step.load_activations) {
    std::uint64_t bytes = 0;
    for (std::uint64_t row = 0; row < cost.row_tiles; ++row) {
      bytes += operands.activations.run(step.m * operands.panels_m + row, step.k).bytes;
    }
    observer()->load_half(Operand::activations, loaded.activation_half, bytes, earliest);
  }
  if (step.load_weights) {
    std::uint64_t bytes = 0;
    for (std::uint64_t column = 0; column < cost.column_tiles; ++column) {
      bytes += operands.weights.run(step.n * operands.panels_n + column, step.k).bytes;
    }
    observer()->load_half(Operand::weights, loaded.weight_half, bytes, earliest);
  }
}

/// What the array waited for before a tile, cause after cause; the first `held` cycles of a step's waiting are for a
/// half.
void Sequencer::show_waits(const ArrayPace& before, const ArrayPace& after, std::uint64_t held) {
  std::uint64_t from = before.done;
  const auto next = [&](ArrayState state, std::uint64_t cycles) {
    show(state, from, cycles);
    from += cycles;
  };
  const std::uint64_t waited = after.waited - before.waited;
  const std::uint64_t full = std::min(after.waited, held) - std::min(before.waited, held);
  next(ArrayState::buffer_full, full);
  next(ArrayState::dram, waited - full);
  next(ArrayState::activation_port, after.port[0] - before.port[0]);
  next(ArrayState::weight_port, after.port[1] - before.port[1]);
  next(ArrayState::drain, after.out[0] - before.out[0]);
  next(ArrayState::compressor, after.out[1] - before.out[1]);
}

void Sequencer::show(ArrayState state, std::uint64_t from, std::uint64_t cycles) {
  if (cycles > 0) observer()->array(state, {from, from + cycles});
}

void Sequencer::count(const Schedule::Step& step, const StepCost& cost, const GemmTask& task) {
  ++counts_.steps;

  datapath_.mxu.count(cost.work);
  datapath_.weight_buffer.count_read(cost.weight_words_read);
  datapath_.activation_buffer.count_read(cost.activations_read);
  datapath_.vector_unit.count(cost.values);
  if (cost.groups_compressed > 0) datapath_.compressor.count(cost.groups_compressed, task.output);

  // Results: written once by the vector unit or compressor, read once by the DMA. Partial sums of a split k come back
  // to the accumulators in the next part, whether they went out to memory in between or not.
  if (step.store_outputs) {
    datapath_.activation_buffer.count_write(cost.results);
    datapath_.activation_buffer.count_read(cost.results);
  } else {
    datapath_.activation_buffer.count_write(cost.partial_sums);
    if (step.store_partial_sums) datapath_.activation_buffer.count_read(cost.partial_sums);
  }
  if (step.k > 0) datapath_.activation_buffer.count_read(cost.partial_sums);
}

}  // namespace anda
