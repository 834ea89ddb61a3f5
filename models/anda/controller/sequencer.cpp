// SPDX-License-Identifier: Apache-2.0
#include <anda/controller/sequencer.h>

#include <algorithm>

namespace anda {

/// Where the four operands lie.
struct Sequencer::Layouts {
  OperandLayout activations;
  OperandLayout weights;
  OperandLayout outputs;
  OperandLayout partial_sums;

  Layouts(const GemmTask& task, const Schedule& schedule, const GemmAddresses& at, const MxuConfig& array)
      : activations(at.activations, schedule.m(), array.rows, schedule.k(),
                    [&](std::uint64_t rows, std::uint64_t k) { return task.input.bytes(rows, k); }),
        weights(at.weights, schedule.n(), array.columns, schedule.k(),
                [&](std::uint64_t columns, std::uint64_t k) { return task.weights.bytes(k, columns); }),
        outputs(at.outputs, schedule.m(), array.rows, schedule.n(),
                [&](std::uint64_t rows, std::uint64_t n) { return task.output.bytes(rows, n); }),
        partial_sums(at.partial_sums, schedule.m(), array.rows, schedule.n(),
                     [](std::uint64_t rows, std::uint64_t n) { return rows * n * 4; }) {}
};

/// A step whose operands have been asked for.
struct Sequencer::Loaded {
  Schedule::Step step;
  std::uint64_t arrival = 0;      ///< cycle at which its last operand is there
  std::uint64_t held = 0;         ///< cycles for which the DMA had nothing to do but no half was free
  std::uint32_t activation_half = 0;
  std::uint32_t weight_half = 0;
};

Sequencer::Sequencer(sc_core::sc_module_name name, const Datapath& datapath, Dma& dma)
    : sc_module(name), datapath_(datapath), dma_(dma) {
  counters_.add("controller.cycles", "cycles", "clock cycles from the start of a GeMM to its end", cycles_);
  counters_.add("controller.gemms", "GeMMs", "GeMMs run", gemms_);
  counters_.add("controller.steps", "steps", "tile steps run", steps_);
  counters_.add("stall.dram", "cycles", "the array waits for operands, or the end of a GeMM for its results, to cross external memory", stalls_.dram);
  counters_.add("stall.buffer_full", "cycles", "the array waits for operands that came late because no buffer half was free", stalls_.buffer_full);
  counters_.add("stall.weight_port", "cycles", "the array waits for the weight buffer's port", stalls_.weight_port);
  counters_.add("stall.activation_port", "cycles", "the array waits for the activation buffer's port", stalls_.activation_port);
  counters_.add("stall.drain", "cycles", "the array, or the end of a GeMM, waits for results to leave the accumulators", stalls_.drain);
  counters_.add("stall.compressor", "cycles", "the array, or the end of a GeMM, waits for the compressor", stalls_.compressor);
  counters_.add("stall.fill", "cycles", "the pipeline of the array fills at the start of a GeMM", stalls_.fill);
}

std::uint64_t Sequencer::run(const GemmTask& task, const TileShape& shape, const GemmAddresses& addresses) {
  Schedule schedule(task, shape);
  const StepCosts costs(task, schedule, datapath_);
  const Layouts layouts(task, schedule, addresses, datapath_.mxu.config());

  dma_.begin();
  std::array<Loaded, 2> ahead;             // the step to compute and the one whose operands load meanwhile
  std::array<std::uint64_t, 2> activation_half_left{};  // cycle at which the array was done with each half
  std::array<std::uint64_t, 2> weight_half_left{};
  Loaded newest;

  const auto prefetch = [&](Loaded& slot, std::uint64_t dma_idle, std::uint64_t not_before) {
    if (!schedule.next(newest.step)) return false;
    std::uint64_t half_free = not_before;
    if (newest.step.load_activations) {
      newest.activation_half ^= 1;
      half_free = std::max(half_free, activation_half_left[newest.activation_half]);
    }
    if (newest.step.load_weights) {
      newest.weight_half ^= 1;
      half_free = std::max(half_free, weight_half_left[newest.weight_half]);
    }
    load(newest.step, layouts, costs.of(newest.step), half_free);
    newest.arrival = dma_.idle_from();
    newest.held = half_free > dma_idle ? half_free - dma_idle : 0;
    slot = newest;
    return true;
  };

  std::size_t in_flight = 0;
  for (Loaded& slot : ahead) {
    if (prefetch(slot, 0, 0)) ++in_flight;
  }

  std::uint64_t done = 0;    // the array has taken in the last operand of a step
  std::uint64_t ready = 0;   // the results of the last step are in the buffer
  const std::uint64_t fill = datapath_.mxu.config().fill_cycles;
  const StepCost* cost = nullptr;
  for (std::size_t i = 0; in_flight > 0 && !dma_.failed(); i ^= 1) {
    const Loaded current = ahead[i];
    cost = &costs.of(current.step);
    const std::uint64_t start = std::max(done, current.arrival);
    const std::uint64_t full = std::min(start - done, current.held);
    stalls_.buffer_full += full;
    stalls_.dram += start - done - full;
    done = start + cost->cycles;
    ready = done + fill + cost->tail_drain_cycles + cost->tail_compressor_cycles;
    activation_half_left[current.activation_half] = done;
    weight_half_left[current.weight_half] = done;
    count(current.step, *cost, task);

    const std::uint64_t dma_idle = dma_.idle_from();
    const bool stores = current.step.store_outputs || current.step.store_partial_sums;
    if (stores) store(current.step, layouts, ready);
    if (!prefetch(ahead[i], dma_idle, stores ? ready : 0)) --in_flight;
  }

  const std::uint64_t end = std::max(ready, dma_.idle_from());
  if (cost != nullptr) {
    stalls_.fill += fill;
    stalls_.drain += cost->tail_drain_cycles;
    stalls_.compressor += cost->tail_compressor_cycles;
    stalls_.dram += end - ready;
  }
  cycles_ += end;
  ++gemms_;
  dma_.wait_until(end);
  return end;
}

void Sequencer::load(const Schedule::Step& step, const Layouts& layouts, const StepCost& cost, std::uint64_t earliest) {
  const auto read = [&](std::uint64_t address, std::uint64_t bytes) { dma_.read(address, bytes, earliest); };
  if (step.load_weights) {
    layouts.weights.for_runs(step.n, step.last_n, step.k, step.last_k, read);
    datapath_.weight_buffer.count_write(cost.weight_words_loaded);
  }
  if (step.load_activations) {
    layouts.activations.for_runs(step.m, step.last_m, step.k, step.last_k, read);
    datapath_.activation_buffer.count_write(cost.activations_loaded);
  }
  if (step.load_partial_sums) {
    layouts.partial_sums.for_runs(step.m, step.last_m, step.n, step.last_n, read);
    datapath_.activation_buffer.count_write(cost.partial_sums);
  }
}

void Sequencer::store(const Schedule::Step& step, const Layouts& layouts, std::uint64_t earliest) {
  const auto write = [&](std::uint64_t address, std::uint64_t bytes) { dma_.write(address, bytes, earliest); };
  const OperandLayout& layout = step.store_outputs ? layouts.outputs : layouts.partial_sums;
  layout.for_runs(step.m, step.last_m, step.n, step.last_n, write);
}

void Sequencer::count(const Schedule::Step& step, const StepCost& cost, const GemmTask& task) {
  ++steps_;
  stalls_.weight_port += cost.work.weight_port_cycles;
  stalls_.activation_port += cost.work.activation_port_cycles;
  stalls_.drain += cost.drain_cycles;
  stalls_.compressor += cost.compressor_cycles;

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
