// SPDX-License-Identifier: Apache-2.0
#include <anda/engine/cycle_engine.h>

#include <anda/base/process.h>

#include <algorithm>

#include <anda/base/math.h>

namespace anda {

CycleEngine::CycleEngine(sc_core::sc_module_name name, const Datapath& datapath, Dma& dma, const Clock& clock)
    : sc_module(name),
      datapath_(datapath),
      dma_(dma),
      clock_(clock),
      vector_unit_(datapath.vector_unit),
      result_writer_(datapath.activation_buffer),
      compressor_(datapath.compressor, result_writer_) {
  ANDA_HAS_PROCESS(CycleEngine);
  SC_THREAD(dma_process);
}

void CycleEngine::begin(StepPlan& plan) {
  plan_ = &plan;
  planes_ = datapath_.mxu.processing_element().group_cycles(plan.task().input.mantissa_bits);
  cycle_ = 0;
  steps_.clear();
  first_step_ = 0;
  steps_opened_ = 0;
  steps_ended_ = false;
  tiles_.clear();
  first_tile_ = 0;
  next_step_ = 0;
  next_row_ = 0;
  next_column_ = 0;
  weight_port_.begin(1);
  activation_port_.begin(datapath_.activation_buffer.config().read_words_per_cycle);
  weights_ = {};
  activations_ = {};
  array_.begin(planes_, datapath_.mxu.config().fill_cycles);
  accumulators_.begin();
  vector_unit_.begin();
  result_writer_.begin();
  if (plan.compresses()) compressor_.begin(plan.task().output, plan.geometry().rows, plan.block_columns());
  partial_sum_bits_ = 0;
  planned_.clear();
  posted_.clear();
  dma_.begin();
  datapath_.mxu.begin_values(plan);
  if (observer() == nullptr) return;
  observer()->begin_gemm(sc_core::sc_time_stamp().value());
  shown_ = {};
  shown_.values = datapath_.vector_unit.values();
  shown_.groups = datapath_.compressor.groups();
}

void CycleEngine::run(StepPlan& plan, ControllerCounts& counts) {
  steps_started_ = &counts.steps;
  begin(plan);
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
  counts.cycles += cycle_;
  if (!dma_.stopped()) ++counts.gemms;
  plan_ = nullptr;
}

void CycleEngine::wait_for(std::uint64_t cycle) const { wait_until(clock_.instant(cycle)); }

/// Everything is computed, sent away and arrived.
bool CycleEngine::complete() const {
  const auto over = [](const StepUnderWay& of) { return of.computed && of.transfers_left == 0; };
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
    TransferUnderWay& next = planned_.front();
    StepUnderWay& of = *next.step;
    if (next.transfer.store) {
      if (result_writer_.complete() <= next.block) break;
    } else {
      if (!of.loading && !start_loading(of)) break;
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
  for (StepUnderWay& of : steps_) {
    if (of.loads_left == 0) continue;
    ++of.held;
    break;
  }
}

/// Takes the halves of a step's operand tiles, if they are free.
bool CycleEngine::start_loading(StepUnderWay& of) {
  const Step& at = of.at;
  if (at.load_activations && dma_.activation_credits->free_from(at.activation_half) > cycle_) return false;
  if (at.load_weights && dma_.weight_credits->free_from(at.weight_half) > cycle_) return false;
  dma_.activation_credits->acquire(at.activation_half);
  dma_.weight_credits->acquire(at.weight_half);
  of.loading = true;
  if (observer() != nullptr && at.load_activations) {
    observer()->load_half(Operand::activations, at.activation_half, plan_->loaded_activation_bytes(at), cycle_);
  }
  if (observer() != nullptr && at.load_weights) {
    observer()->load_half(Operand::weights, at.weight_half, plan_->loaded_weight_bytes(at), cycle_);
  }
  return true;
}

/// Compressor lanes, then the vector unit with the packager.
void CycleEngine::tick_results() {
  if (plan_->compresses()) compressor_.tick();
  vector_unit_.tick(accumulators_, cycle_, [this](std::uint64_t of, std::uint64_t first, std::uint64_t count) {
    const ArrayTile at = tile(of);
    std::uint64_t taken = count;
    if (at.compress) {
      taken = compressor_.accept(at, first, count, at.last_of_row);
    } else {
      // Partial sums of a step, and FP16 results of a row of tiles, follow each other without gaps.
      const bool last = first + count == at.values() && (at.partial_sums_out ? at.last_of_step : at.last_of_row);
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
  StepUnderWay& in = step(at.step);
  activation_port_.take();
  if (array_.plane() == 0) {
    weight_port_.take();
    datapath_.activation_buffer.count_read({0, at.group_activations.exponent});
  }

  const bool first = array_.plane() == 0 && array_.group() == 0;
  const bool last = array_.plane() + 1 == planes_ && array_.group() + 1 == at.groups;
  Mxu::Work work;
  work.busy_cycles = 1;
  work.pe_cycles = at.values();
  if (last) {
    work.macs = at.k * at.values();
    if (datapath_.mxu.processing_element().converts_at_read()) work.converted_values = at.k * at.rows;
  }
  datapath_.mxu.count(work);

  if (first && at.partial_sums_in) {
    partial_sum_bits_ += at.values() * 32;
    const std::uint64_t word_bits = datapath_.activation_buffer.config().word_bits;
    const std::uint64_t words =
        at.last_of_step ? ceil_div(partial_sum_bits_, word_bits) : partial_sum_bits_ / word_bits;
    partial_sum_bits_ = at.last_of_step ? 0 : partial_sum_bits_ % word_bits;
    datapath_.activation_buffer.count_read({words, 0});
  }
  if (first && at.row == 0 && at.column == 0) {
    ++*steps_started_;
    in.started = cycle_;
    open_step();
  }
  if (last && at.last_of_step) {
    in.computed = true;
    move_values(in);
    datapath_.mxu.activation_credits->release(in.at.activation_half, cycle_);
    datapath_.mxu.weight_credits->release(in.at.weight_half, cycle_);
    if (observer() != nullptr) {
      observer()->step(in.at.m, in.at.n, in.at.k, {in.started, cycle_ + 1});
      observer()->leave_half(Operand::activations, in.at.activation_half, cycle_ + 1);
      observer()->leave_half(Operand::weights, in.at.weight_half, cycle_ + 1);
    }
  }
}

/// The ports bring what the array needs next: weights of a group, activations of a plane.
void CycleEngine::tick_ports() {
  if (weight_port_.free() && tile_exists(weights_.tile)) {
    const ArrayTile& of = tile(weights_.tile);
    const std::uint64_t words = plan_->weight_words(of, weights_.group + 1) - plan_->weight_words(of, weights_.group);
    weight_port_.fetch(words, words, weight_arrival(of, weights_.group));
    if (++weights_.group == of.groups) weights_ = {weights_.tile + 1, 0, 0};
  }
  if (activation_port_.free() && tile_exists(activations_.tile)) {
    const ArrayTile& of = tile(activations_.tile);
    const std::uint64_t width = datapath_.activation_buffer.config().read_words_per_cycle;
    const std::uint64_t slots_of_group = ceil_div(of.group_activations.data, width);  // with padding
    const std::uint64_t before = ceil_div(activations_.plane * slots_of_group, planes_);
    const std::uint64_t slots = ceil_div((activations_.plane + 1) * slots_of_group, planes_) - before;
    const std::uint64_t passed = std::min((activations_.group * slots_of_group + before) * width, of.activations.data);
    activation_port_.fetch(slots, std::min(slots * width, of.activations.data - passed),
                           activation_arrival(of, activations_.group));
    if (++activations_.plane == planes_) {
      activations_.plane = 0;
      if (++activations_.group == of.groups) activations_ = {activations_.tile + 1, 0, 0};
    }
  }
  datapath_.weight_buffer.count_read(weight_port_.tick(cycle_));
  datapath_.activation_buffer.count_read({activation_port_.tick(cycle_), 0});
}

const std::uint64_t& CycleEngine::activation_arrival(const ArrayTile& of, std::uint64_t group) {
  StepUnderWay& in = step(of.step);
  if (of.step == 0 && of.row == 0 && of.column == 0) return in.activation_parts[group / plan_->groups_of_part()];
  return in.activations[of.row];
}

const std::uint64_t& CycleEngine::weight_arrival(const ArrayTile& of, std::uint64_t group) {
  StepUnderWay& in = step(of.step);
  if (of.step == 0 && of.row == 0 && of.column == 0) return in.weight_parts[group / plan_->groups_of_part()];
  return in.weights[of.column];
}

// What a clock was for the array.

/// What the next plane of a tile waits for: panels first, then the ports.
CycleEngine::State CycleEngine::missing_operand(const ArrayTile& of) {
  const bool here = activation_arrival(of, array_.group()) <= cycle_ && weight_arrival(of, array_.group()) <= cycle_;
  if (!here) {
    StepUnderWay& in = step(of.step);
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
  return plan_->compresses() && compressor_.busy() ? State::compressor : State::dram;
}

void CycleEngine::count(State state) {
  if (observer() != nullptr) show_state(state);
  state_.fill(false);
  state_[static_cast<std::size_t>(state)] = true;
  if (state != State::busy) ++datapath_.mxu.stalls()[state];  // the array has counted the others
}

}  // namespace anda
