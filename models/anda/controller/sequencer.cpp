// SPDX-License-Identifier: Apache-2.0
#include <anda/controller/sequencer.h>

#include <algorithm>

#include <anda/base/error.h>

namespace anda {

namespace {

constexpr std::uint64_t never = ~std::uint64_t{0};

struct ActivationBytes {
  ActivationFormat format;
  std::uint64_t operator()(std::uint64_t rows, std::uint64_t length) const { return format.bytes(rows, length); }
};

struct WeightBytes {
  WeightFormat format;
  std::uint64_t operator()(std::uint64_t columns, std::uint64_t k) const { return format.bytes(k, columns); }
};

}  // namespace

/// Where the four operands lie, and how a step's share of them is cut: panels as wide as the array, results in blocks.
struct Sequencer::Operands {
  std::uint64_t panels_m;          ///< activation panels of a tile
  std::uint64_t panels_n;          ///< weight panels of a tile
  std::uint64_t blocks_n;          ///< result blocks along n of a tile
  std::uint64_t columns_of_block;  ///< output tiles of the array in a block
  OperandLayout activations;
  OperandLayout weights;
  OperandLayout outputs;
  OperandLayout partial_sums;
  std::uint64_t parts_k;         ///< parts of a tile's panels that the first tile of a GeMM takes in one by one
  std::uint64_t groups_of_part;  ///< groups along k in such a part
  OperandLayout activation_parts;
  OperandLayout weight_parts;

  Operands(const GemmTask& task, const TileShape& shape, const GemmAddresses& at, const Mxu& mxu,
           const TileLimits& limits)
      : Operands(task, shape, at, mxu.config(), mxu.processing_element().group_elements(), limits) {}

  Operands(const GemmTask& task, const TileShape& shape, const GemmAddresses& at, const MxuConfig& array,
           std::uint32_t group, const TileLimits& limits)
      : panels_m(shape.m / array.rows),
        panels_n(shape.n / array.columns),
        blocks_n(shape.n / limits.n_step()),
        columns_of_block(limits.n_step() / array.columns),
        activations(at.activations, task.m, array.rows, task.k, shape.k, ActivationBytes{task.input}),
        weights(at.weights, task.n, array.columns, task.k, shape.k, WeightBytes{task.weights}),
        outputs(at.outputs, task.m, array.rows, task.n, limits.n_step(), ActivationBytes{task.output}),
        partial_sums(at.partial_sums, task.m, array.rows, task.n, limits.n_step(),
                     [](std::uint64_t rows, std::uint64_t n) { return rows * n * 4; }),
        parts_k(ceil_div(std::min(shape.k, task.k), limits.k_step())),
        groups_of_part(limits.k_step() / group),
        activation_parts(at.activations, task.m, array.rows, task.k, limits.k_step(), ActivationBytes{task.input}),
        weight_parts(at.weights, task.n, array.columns, task.k, limits.k_step(), WeightBytes{task.weights}) {}
};

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

/// The cycle at which a tile, or a part of one, starts whose panels are there at the given cycles: when the array is
/// done with what came before, the ports have brought the first operands and a bank of accumulators is free.
inline std::uint64_t Sequencer::Pace::start(const TileCost& tile, std::uint64_t activations, std::uint64_t weights,
                                            std::uint64_t weight_cycles, std::uint64_t done) {
  const std::uint64_t here = std::max({done, activations, weights});
  const std::uint64_t weights_ready = std::max(weights, last_group) + weight_cycles;
  const std::uint64_t activations_ready =
      std::max(activations + tile.first_activation_cycles, done + tile.first_activation_cycles - 1);
  const std::uint64_t ready = std::max({here, weights_ready, activations_ready});
  const std::uint64_t start = std::max(ready, drained[0]);
  waited += here - done;
  port[weights_ready >= activations_ready] += ready - here;
  out[compressor_slower[0]] += start - ready;
  return start;
}

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
  const Operands operands(task, shape, addresses, datapath_.mxu, limits);

  dma_.begin();
  if (data_.enabled()) data_.begin(task, shape, limits);
  if (observer() != nullptr) observer()->begin_gemm(sc_core::sc_time_stamp().value());
  ready_ = 0;
  put_out_ = 0;
  lanes_.begin(lane_rates(task, datapath_));
  pace_ = Pace();
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
    if (loaded.first) loaded.activation_parts.assign(operands.parts_k, 0);
    if (loaded.first) loaded.weight_parts.assign(operands.parts_k, 0);
    if (prefetch(loaded, 0)) ++in_flight;
  }

  std::uint64_t done = 0;  // the array has taken in the last operand of a step
  const StepCost* cost = nullptr;
  for (std::size_t i = 0; in_flight > 0 && !dma_.stopped(); i ^= 1) {
    Loaded& loaded = ahead[i];
    dma_.await(loaded.asked);
    if (dma_.stopped()) break;  // what was loaded may not be all there
    cost = &costs.of(loaded.step);
    loaded.held = loaded.earliest - std::min(loaded.earliest, loaded.idle_from);
    done = observer() == nullptr ? compute<false>(loaded, operands, *cost, done)
                                 : compute<true>(loaded, operands, *cost, done);
    const std::uint64_t full = std::min(pace_.waited, loaded.held);
    stalls_.buffer_full += full;
    stalls_.dram += pace_.waited - full;
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
    stalls_.fill += fill;
    stalls_.drain += put_out_ - done - fill;
    stalls_.compressor += ready_ - put_out_;
    stalls_.dram += end - ready_;
    if (observer() != nullptr) {
      show(ArrayState::fill, done, fill);
      show(ArrayState::drain, done + fill, put_out_ - done - fill);
      show(ArrayState::compressor, put_out_, ready_ - put_out_);
      show(ArrayState::dram, ready_, end - ready_);
    }
  } else {
    stalls_.dram += end;  // stopped in the first loads
    if (observer() != nullptr) show(ArrayState::dram, 0, end);
  }
  stalls_.activation_port += pace_.port[0];
  stalls_.weight_port += pace_.port[1];
  stalls_.drain += pace_.out[0];
  stalls_.compressor += pace_.out[1];
  counts_.cycles += end;
  if (!dma_.stopped()) ++counts_.gemms;
  if (observer() != nullptr) observer()->end_gemm(end);
  dma_.finish(end);
  return end;
}

/// Asks for a step's operands in the order in which its output tiles need them.
void Sequencer::load(Loaded& loaded, const Operands& operands, const StepCost& cost, std::uint64_t earliest) {
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
      const std::uint64_t blocks = ceil_div(cost.column_tiles, operands.columns_of_block);
      for (std::uint64_t block = 0; block < blocks; ++block) {
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
    for (std::uint64_t part = 0; part < operands.parts_k; ++part) {
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

/// Passes over the step's output tiles, each as soon as the array is free and its operands are there. Returns the cycle
/// at which the last one is done, and leaves behind when each block of results is in the buffer.
template <bool observed>
std::uint64_t Sequencer::compute(const Loaded& loaded, const Operands& operands, const StepCost& cost,
                                 std::uint64_t done) {
  const std::uint64_t latency = datapath_.mxu.config().fill_cycles + datapath_.vector_unit.config().latency_cycles;
  block_ready_.clear();
  Pace pace = pace_;  // a copy, so that the compiler can keep it in registers
  CycleSpan computing{never, 0};
  CycleSpan draining{never, 0};
  const auto start = [&](const TileCost& tile, std::uint64_t activations, std::uint64_t weights,
                         std::uint64_t weight_cycles) {
    if constexpr (!observed) return pace.start(tile, activations, weights, weight_cycles, done);
    const Pace before = pace;
    const std::uint64_t started = pace.start(tile, activations, weights, weight_cycles, done);
    show_waits(before, pace, loaded.held, done);
    computing.from = std::min(computing.from, started);
    return started;
  };
  // Where in a tile its port holds it up is not known here: it is shown at the end.
  const auto show_compute = [&](const TileCost& tile, std::uint64_t groups, std::uint64_t started) {
    const std::uint64_t busy = tile.busy_cycles / tile.groups * groups;
    show(ArrayState::busy, started, busy);
    show(tile.weights_slower ? ArrayState::weight_port : ArrayState::activation_port, started + busy,
         done - started - busy);
  };
  for (std::uint64_t row = 0; row < cost.row_tiles; ++row) {
    for (std::uint64_t column = 0; column < cost.column_tiles; ++column) {
      const bool last_column = column + 1 == cost.column_tiles;
      const TileCost& tile = cost.tiles[row + 1 == cost.row_tiles][last_column];
      const std::uint64_t before = done;
      std::uint64_t waits = 0;  // for operands, ports and accumulators
      if (loaded.first && row == 0 && column == 0) {
        std::uint64_t inner = tile.inner_cycles - (tile.groups - 1) * tile.group_cycles;  // for scales
        std::uint64_t groups = tile.groups;
        for (std::size_t part = 0; part < operands.parts_k; ++part) {
          const std::uint64_t now = std::min(groups, operands.groups_of_part);
          const std::uint64_t weights = part == 0 ? tile.first_weight_cycles : tile.weight_cycles;
          const std::uint64_t started = start(tile, loaded.activation_parts[part], loaded.weight_parts[part], weights);
          waits += started - done;
          pace.last_group = started + inner + (now - 1) * tile.group_cycles;
          done = pace.last_group + tile.last_cycles;
          if constexpr (observed) show_compute(tile, now, started);
          groups -= now;
          inner = 0;
        }
      } else {
        const std::uint64_t started =
            start(tile, loaded.activations[row], loaded.weights[column], tile.first_weight_cycles);
        waits = started - done;
        pace.last_group = started + tile.inner_cycles;
        done = pace.last_group + tile.last_cycles;
        if constexpr (observed) show_compute(tile, tile.groups, started);
      }
      pace.port[tile.weights_slower] += done - before - waits - tile.busy_cycles;

      // A bank is emptied after the one before it, while the array goes on with the other.
      pace.drained[0] = pace.drained[1];
      pace.compressor_slower[0] = pace.compressor_slower[1];
      const std::uint64_t drains = std::max(done, pace.drained[0]);
      pace.drained[1] = drains + tile.out_cycles;
      if constexpr (observed) draining = {std::min(draining.from, drains), drains + tile.drain_cycles};
      pace.compressor_slower[1] = tile.out_cycles > tile.drain_cycles;
      if (last_column || (column + 1) % operands.columns_of_block == 0) {
        put_out_ = drains + latency + tile.drain_cycles;
        const bool compresses = tile.compressed.groups > 0;
        ready_ = std::max(ready_, compresses ? lanes_.add(drains + latency, tile.compressed) : put_out_);
        block_ready_.push_back(ready_);
      }
    }
  }
  pace_ = pace;
  if constexpr (observed) {
    const std::uint64_t fill = datapath_.mxu.config().fill_cycles;
    observer()->step(loaded.step.m, loaded.step.n, loaded.step.k, {computing.from, done});
    observer()->vector_unit(cost.values, {draining.from + fill, draining.to + fill});
    if (cost.groups_compressed > 0) {
      observer()->compressor(cost.groups_compressed, {draining.from + latency, ready_});
    }
  }
  return done;
}

/// Sends a step's results away, if it has any for memory; returns from when on the DMA is free for loads again.
std::uint64_t Sequencer::store(const Loaded& loaded, const Operands& operands, const StepCost& cost) {
  const Schedule::Step& step = loaded.step;
  if (!step.store_outputs && !step.store_partial_sums) return 0;
  const OperandLayout& layout = step.store_outputs ? operands.outputs : operands.partial_sums;
  const std::uint64_t blocks = ceil_div(cost.column_tiles, operands.columns_of_block);
  std::size_t index = 0;
  for (std::uint64_t row = 0; row < cost.row_tiles; ++row) {
    for (std::uint64_t block = 0; block < blocks; ++block) {
      const MemoryRun run = layout.run(step.m * operands.panels_m + row, step.n * operands.blocks_n + block);
      std::uint8_t* from = data_.enabled() ? data_.result(loaded.slot, row, block) : nullptr;
      dma_.write(step.store_outputs ? Operand::results : Operand::partial_sums, run.address, run.bytes,
                 block_ready_[index++], from);
    }
  }
  return block_ready_.back();
}

/// The tiles that a step loads, from when their halves are taken.
void Sequencer::show_loads(const Loaded& loaded, const Operands& operands, const StepCost& cost,
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
void Sequencer::show_waits(const Pace& before, const Pace& after, std::uint64_t held, std::uint64_t from) {
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
