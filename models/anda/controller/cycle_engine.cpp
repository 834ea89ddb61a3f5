// SPDX-License-Identifier: Apache-2.0
#include <anda/base/process.h>
#include <anda/controller/cycle_gemm.h>

#include <algorithm>

namespace anda {

CycleEngine::CycleEngine(sc_core::sc_module_name name, const Datapath& datapath, Dma& dma, FunctionalPath& data,
                         const Clock& clock)
    : sc_module(name),
      datapath_(datapath),
      dma_(dma),
      data_(data),
      clock_(clock),
      vector_unit_(datapath.vector_unit),
      result_writer_(datapath.activation_buffer),
      compressor_(datapath.compressor, result_writer_) {
  ANDA_HAS_PROCESS(CycleEngine);
  SC_THREAD(dma_process);
  counts_.register_in(counters_);
}

std::uint64_t CycleEngine::run(const GemmTask& task, const TileShape& shape, const GemmAddresses& addresses,
                               const TileLimits& limits) {
  Gemm gemm(task, shape, addresses, datapath_.mxu, limits);
  gemm_ = &gemm;
  schedule_ = &gemm.schedule;
  epoch_ = sc_core::sc_time_stamp();
  cycle_ = 0;
  steps_.clear();
  first_step_ = 0;
  steps_opened_ = 0;
  steps_ended_ = false;
  tiles_.clear();
  first_tile_ = 0;
  blocks_ = 0;
  next_step_ = 0;
  next_row_ = 0;
  next_column_ = 0;
  weight_port_.begin(1);
  activation_port_.begin(datapath_.activation_buffer.config().read_words_per_cycle);
  weights_ = {};
  activations_ = {};
  activation_halves_.begin();
  weight_halves_.begin();
  array_.begin(gemm.planes, gemm.array.fill_cycles);
  accumulators_.begin();
  vector_unit_.begin();
  result_writer_.begin();
  if (gemm.compresses) compressor_.begin(task.output, gemm.array.rows, gemm.block_columns);
  partial_sum_bits_ = 0;
  planned_.clear();
  posted_.clear();

  dma_.begin();
  if (data_.enabled()) data_.begin(task, shape, limits);
  if (observer() != nullptr) {
    observer()->begin_gemm(sc_core::sc_time_stamp().value());
    shown_ = {};
    shown_.values = datapath_.vector_unit.values();
    shown_.groups = datapath_.compressor.groups();
  }
  open_step();
  open_step();
  for (; !complete() && !dma_.stopped(); ++cycle_) {
    count(tick());
    wait_for(cycle_ + 1);
  }
  // When the DMA was stopped, the transactions that are under way come to their end.
  posted_.clear();
  for (; transferring_ || dma_.active(cycle_); ++cycle_) {
    count(State::dram);
    wait_for(cycle_ + 1);
  }

  dma_.finish(cycle_);

  if (observer() != nullptr) show_end();
  state_.fill(false);
  counts_.cycles += cycle_;
  if (!dma_.stopped()) ++counts_.gemms;
  gemm_ = nullptr;
  return cycle_;
}

void CycleEngine::wait_for(std::uint64_t cycle) const { wait_until(later(epoch_, clock_.time(cycle))); }

/// Everything is computed, sent away and arrived.
bool CycleEngine::complete() const {
  const auto over = [](const Step& of) { return of.computed && of.transfers_left == 0; };
  return steps_ended_ && std::all_of(steps_.begin(), steps_.end(), over) && planned_.empty() && posted_.empty() &&
         !transferring_ && !dma_.active(cycle_);
}

/// Whether there is such a tile; it is opened if it is the next one.
bool CycleEngine::tile_exists(std::uint64_t tile) {
  while (tile >= first_tile_ + tiles_.size()) {
    if (next_step_ >= steps_opened_) return false;
    open_tile();
  }
  return true;
}

// One clock. Blocks nearer to the end come first, so that each sees what the one before it had done a clock ago.

CycleEngine::State CycleEngine::tick() {
  tick_dma();
  const State tail = tail_state();
  tick_results();
  const State state = tick_array(tail);
  tick_ports();
  planned_count_ = planned_.size();
  dma_busy_ = !posted_.empty() || transferring_ || dma_.active(cycle_);
  while (!steps_.empty() && steps_.front().computed && steps_.front().transfers_left == 0 &&
         steps_.front().posted == 0 && (steps_.size() > 1 || steps_ended_)) {
    steps_.pop_front();
    ++first_step_;
  }
  return state;
}

/// Hands the transfers that may start to the DMA's process, in their order.
void CycleEngine::tick_dma() {
  while (!planned_.empty()) {
    Transfer& next = planned_.front();
    Step& of = *next.step;
    if (next.store) {
      if (result_writer_.complete() <= next.block) break;
      datapath_.activation_buffer.count_read(result_writer_.take(next.block));
    } else {
      if (!of.loading) {
        if (of.at.load_activations && !activation_halves_.free(of.activation_half)) break;
        if (of.at.load_weights && !weight_halves_.free(of.weight_half)) break;
        activation_halves_.acquire(of.activation_half);
        weight_halves_.acquire(of.weight_half);
        of.loading = true;
        if (observer() != nullptr && of.at.load_activations) {
          observer()->load_half(Operand::activations, of.activation_half, of.activation_bytes, cycle_);
        }
        if (observer() != nullptr && of.at.load_weights) {
          observer()->load_half(Operand::weights, of.weight_half, of.weight_bytes, cycle_);
        }
      }
      datapath_.activation_buffer.count_write(next.written);
      datapath_.weight_buffer.count_write(next.weight_words);
      --of.loads_left;
    }
    --of.transfers_left;
    ++of.posted;
    next.earliest = cycle_;
    posted_.push_back(next);
    planned_.pop_front();
    post_.notify(sc_core::SC_ZERO_TIME);
  }
  if (planned_.empty() || !posted_.empty() || transferring_ || dma_.loading(cycle_)) return;
  for (Step& of : steps_) {
    if (of.loads_left == 0) continue;
    ++of.held;
    break;
  }
}

/// Compressor lanes, then the vector unit with the packager.
void CycleEngine::tick_results() {
  if (gemm_->compresses) compressor_.tick();
  vector_unit_.tick(accumulators_, cycle_, [this](std::uint64_t of, std::uint64_t first, std::uint64_t count) {
    const ArrayTile at = tile(of);
    std::uint64_t taken = count;
    if (at.compress) {
      taken = compressor_.accept(at, first, count, at.last_of_row);
    } else {
      // Partial sums of a step, and FP16 results of a row of tiles, follow each other without gaps.
      const bool last = first + count == at.values() && (at.partial_sums ? at.last_of_step : at.last_of_row);
      result_writer_.values(at.block, count, last);
    }
    if (first + taken == at.values()) {
      tiles_.pop_front();
      ++first_tile_;
    }
    return taken;
  });
  if (observer() != nullptr) show_units();
}

CycleEngine::State CycleEngine::tick_array(State tail) {
  const bool exists = tile_exists(array_.tile());
  const bool operands = exists && activation_port_.ready(cycle_) && (array_.plane() > 0 || weight_port_.ready(cycle_));
  const bool blocked = array_.blocked(operands, accumulators_, cycle_);
  State state = tail;
  if (blocked && (operands || !exists)) {
    state = vector_unit_.held_up() ? State::compressor : State::drain;
  }
  if (exists) {
    const ArrayTile& at = tile(array_.tile());
    if (operands) {
      if (!blocked) state = State::busy;
    } else {
      state = missing_operand(at);
    }
    if (!blocked) {
      if (operands) issue(at);
      array_.tick(operands, at.groups, at.values(), accumulators_);
    }
  } else if (!blocked) {
    array_.tick(false, 0, 0, accumulators_);
  }
  return state;
}

/// The operands of a plane enter the array.
void CycleEngine::issue(const ArrayTile& at) {
  Step& in = step(at.step);
  activation_port_.take();
  if (array_.plane() == 0) {
    weight_port_.take();
    datapath_.activation_buffer.count_read({0, at.exponent_words});
  }

  const bool first = array_.plane() == 0 && array_.group() == 0;
  const bool last = array_.plane() + 1 == gemm_->planes && array_.group() + 1 == at.groups;
  Mxu::Work work;
  work.busy_cycles = 1;
  work.pe_cycles = at.values();
  if (last) {
    work.macs = at.k * at.values();
    if (datapath_.mxu.processing_element().converts_at_read()) work.converted_values = at.k * at.rows;
  }
  datapath_.mxu.count(work);

  if (first && at.takes_partial_sums) {
    partial_sum_bits_ += at.values() * 32;
    const std::uint64_t word_bits = datapath_.activation_buffer.config().word_bits;
    const std::uint64_t words =
        at.last_of_step ? ceil_div(partial_sum_bits_, word_bits) : partial_sum_bits_ / word_bits;
    partial_sum_bits_ = at.last_of_step ? 0 : partial_sum_bits_ % word_bits;
    datapath_.activation_buffer.count_read({words, 0});
  }
  if (first && at.row == 0 && at.column == 0) {
    ++counts_.steps;
    in.started = cycle_;
    open_step();
  }
  if (last && at.last_of_step) {
    step(at.step).computed = true;
    if (data_.enabled()) compute_data(step(at.step));
    activation_halves_.release(in.activation_half);
    weight_halves_.release(in.weight_half);
    if (observer() != nullptr) {
      observer()->step(in.at.m, in.at.n, in.at.k, {in.started, cycle_ + 1});
      observer()->leave_half(Operand::activations, in.activation_half, cycle_ + 1);
      observer()->leave_half(Operand::weights, in.weight_half, cycle_ + 1);
    }
  }
}

/// The ports bring what the array needs next: weights of a group, activations of a plane.
void CycleEngine::tick_ports() {
  if (weight_port_.free() && tile_exists(weights_.tile)) {
    const ArrayTile& of = tile(weights_.tile);
    const std::uint64_t words = of.weight_words + scale_words(of, weights_.group + 1) - scale_words(of, weights_.group);
    weight_port_.fetch(words, words, weight_arrival(of, weights_.group));
    if (++weights_.group == of.groups) weights_ = {weights_.tile + 1, 0, 0};
  }
  if (activation_port_.free() && tile_exists(activations_.tile)) {
    const ArrayTile& of = tile(activations_.tile);
    const std::uint64_t before = ceil_div(activations_.plane * of.activation_slots, gemm_->planes);
    const std::uint64_t slots = ceil_div((activations_.plane + 1) * of.activation_slots, gemm_->planes) - before;
    const std::uint64_t width = datapath_.activation_buffer.config().read_words_per_cycle;
    const std::uint64_t passed =
        std::min((activations_.group * of.activation_slots + before) * width, of.activation_words);
    activation_port_.fetch(slots, std::min(slots * width, of.activation_words - passed),
                           activation_arrival(of, activations_.group));
    if (++activations_.plane == gemm_->planes) {
      activations_.plane = 0;
      if (++activations_.group == of.groups) activations_ = {activations_.tile + 1, 0, 0};
    }
  }
  datapath_.weight_buffer.count_read(weight_port_.tick(cycle_));
  datapath_.activation_buffer.count_read({activation_port_.tick(cycle_), 0});
}

/// Words of scales that the first groups of a tile need. They lie one after another along k and come through the
/// weights' port, each word ahead of the weights of the first group that needs it.
std::uint64_t CycleEngine::scale_words(const ArrayTile& of, std::uint64_t groups) const {
  const std::uint64_t elements = std::min(groups * gemm_->group, of.k);
  return datapath_.weight_buffer.scale_words(elements, of.columns, gemm_->task.weights.scale_group);
}

const std::uint64_t& CycleEngine::activation_arrival(const ArrayTile& of, std::uint64_t group) {
  Step& in = step(of.step);
  if (of.step == 0 && of.row == 0 && of.column == 0) return in.activation_parts[group / gemm_->operands.groups_of_part];
  return in.activations[of.row];
}

const std::uint64_t& CycleEngine::weight_arrival(const ArrayTile& of, std::uint64_t group) {
  Step& in = step(of.step);
  if (of.step == 0 && of.row == 0 && of.column == 0) return in.weight_parts[group / gemm_->operands.groups_of_part];
  return in.weights[of.column];
}

// What a clock was for the array.

/// What the next plane of a tile waits for: panels first, then the ports.
CycleEngine::State CycleEngine::missing_operand(const ArrayTile& of) {
  const bool here = activation_arrival(of, array_.group()) <= cycle_ && weight_arrival(of, array_.group()) <= cycle_;
  if (!here) {
    Step& in = step(of.step);
    if (in.held == 0) return State::dram;
    --in.held;
    return State::buffer_full;
  }
  return array_.plane() == 0 && !weight_port_.ready(cycle_) ? State::weight_port : State::activation_port;
}

/// After the last plane: where the last results are.
CycleEngine::State CycleEngine::tail_state() const {
  if (!array_.empty()) return State::fill;
  if (accumulators_.holds_results() || !vector_unit_.empty()) {
    return vector_unit_.held_up() ? State::compressor : State::drain;
  }
  return gemm_->compresses && compressor_.busy() ? State::compressor : State::dram;
}

void CycleEngine::count(State state) {
  if (observer() != nullptr) show_state(state);
  EngineCounts::Stalls& stalls = counts_.stalls;
  state_.fill(false);
  state_[static_cast<std::size_t>(state)] = true;
  switch (state) {
    case State::busy:
      break;  // the array has counted it
    case State::dram:
      ++stalls.dram;
      break;
    case State::buffer_full:
      ++stalls.buffer_full;
      break;
    case State::weight_port:
      ++stalls.weight_port;
      break;
    case State::activation_port:
      ++stalls.activation_port;
      break;
    case State::drain:
      ++stalls.drain;
      break;
    case State::compressor:
      ++stalls.compressor;
      break;
    case State::fill:
      ++stalls.fill;
      break;
  }
}

}  // namespace anda
