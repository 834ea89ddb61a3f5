// SPDX-License-Identifier: Apache-2.0
#include <anda/engine/cycle_engine.h>

#include <anda/base/math.h>
#include <anda/base/simulated_time.h>

namespace anda {

CycleEngine::CycleEngine(sc_core::sc_module_name name, const Datapath& datapath, Dma& dma, const Clock& clock,
                         bool fast_forward)
    : sc_module(name),
      datapath_(datapath),
      clock_(clock),
      memory_(dma),
      dma_("dma", dma),
      fast_forward_(fast_forward) {}

void CycleEngine::begin(StepPlan& plan) {
  cycle_ = 0;
  partial_sum_bits_ = 0;
  group_.known = false;
  recurrence_.groups = 0;
  board_.begin(plan);
  datapath_.weight_buffer.begin_clocks();
  datapath_.activation_buffer.begin_clocks();
  datapath_.mxu.begin_clocks(board_);
  datapath_.vector_unit.begin_clocks();
  if (datapath_.compressor != nullptr) datapath_.compressor->begin_clocks(plan);
  dma_.begin(board_, [this](StepUnderWay& step) { move_values(step); });
  dma_.observe(observer());
  if (observer() == nullptr) return;
  observer()->begin_gemm(sc_core::sc_time_stamp().value());
  shown_ = {};
  shown_.values = datapath_.vector_unit.values();
  shown_.groups = datapath_.compressor != nullptr ? datapath_.compressor->groups() : 0;
}

void CycleEngine::run(StepPlan& plan, ControllerCounts& counts) {
  begin(plan);
  dma_.open_step();
  dma_.open_step();
  counts_ = &counts;
  while (!complete() && !memory_.stopped()) {
    tick(counts);
    ++cycle_;
    alone_ = clocks_alone();
    if (alone_ > 0) {
      wait_until(clock_.instant(cycle_ + alone_), memory_.aborting());
      catch_up();
      alone_ = 0;
    }
    wait_until(clock_.instant(cycle_));
  }
  // If the DMA was stopped, the transactions in flight still complete.
  dma_.drop();
  for (; dma_.transferring(cycle_); ++cycle_) {
    ++datapath_.mxu.stalls()[ArrayState::dram];
    note(ArrayState::dram);
    wait_until(clock_.instant(cycle_ + 1));
  }
  memory_.finish(cycle_);

  if (observer() != nullptr) show_end();
  state_.fill(false);
  counts.cycles += cycle_;
  if (!memory_.stopped()) ++counts.gemms;
}

/// Executes one clock. Downstream blocks come first, so that each sees its predecessor's state of the previous clock.
void CycleEngine::tick(ControllerCounts& counts) {
  dma_.tick(cycle_, datapath_.activation_buffer.blocks_complete());
  const ArrayState tail = tail_state();
  const std::uint64_t left = tick_results();
  const ClockedArray::Clocked clocked = datapath_.mxu.tick(cycle_, tail, datapath_.vector_unit.pipeline().held_up());
  note(clocked.state);
  if (clocked.took != nullptr) took(clocked, counts);
  datapath_.mxu.ask_ports();
  datapath_.weight_buffer.tick(cycle_);
  datapath_.activation_buffer.tick(cycle_);
  drop(left);
  board_.retire();
  recurrence_.groups = 0;
  if (fast_forward_ && clocked.took != nullptr && datapath_.mxu.clocked().control().plane() == 0) note_group();
}

/// Advances the compressor lanes, then the vector unit with the packager. Returns the number of tiles whose last result
/// has left; the array sees it a clock later.
std::uint64_t CycleEngine::tick_results() {
  if (datapath_.compressor != nullptr) datapath_.compressor->tick();
  const std::uint64_t left = datapath_.vector_unit.tick(cycle_);
  if (observer() != nullptr) show_units();
  return left;
}

void CycleEngine::drop(std::uint64_t tiles) {
  for (; tiles > 0; --tiles) board_.drop();
}

/// Handles what begins or ends with the plane that has entered the array.
void CycleEngine::took(const ClockedArray::Clocked& clocked, ControllerCounts& counts) {
  const ArrayTile tile = *clocked.took;
  if (clocked.group) datapath_.activation_buffer.count_read({0, tile.group_activations.exponent});
  if (clocked.first && tile.partial_sums_in) count_sums(tile);
  StepUnderWay& in = board_.step(tile.step);
  if (clocked.first && tile.row == 0 && tile.column == 0) {
    ++counts.steps;
    in.started = cycle_;
    dma_.open_step();
  }
  if (!clocked.last || !tile.last_of_step) return;
  StepUnderWay& done = board_.step(tile.step);
  done.computed = true;
  move_values(done);
  datapath_.mxu.release(done.at, cycle_);
  if (observer() == nullptr) return;
  observer()->step(done.at.m, done.at.n, done.at.k, {done.started, cycle_ + 1});
  observer()->leave_half(Operand::activations, done.at.activation_half, cycle_ + 1);
  observer()->leave_half(Operand::weights, done.at.weight_half, cycle_ + 1);
}

/// Counts the words of partial sums read back into the accumulators; those of a step are contiguous.
void CycleEngine::count_sums(const ArrayTile& tile) {
  const std::uint64_t word_bits = datapath_.activation_buffer.config().word_bits;
  partial_sum_bits_ += tile.values() * 32;
  const std::uint64_t words =
      tile.last_of_step ? ceil_div(partial_sum_bits_, word_bits) : partial_sum_bits_ / word_bits;
  partial_sum_bits_ = tile.last_of_step ? 0 : partial_sum_bits_ % word_bits;
  datapath_.activation_buffer.count_read({words, 0});
}

/// Computes the values of a step's results; the clocks determine their timing.
void CycleEngine::move_values(StepUnderWay& step) {
  if (step.data_moved || !datapath_.mxu.functional()) return;
  step.data_moved = true;
  datapath_.mxu.move_values(step.at);
}

bool CycleEngine::compressing() const {
  return datapath_.compressor != nullptr && datapath_.compressor->lanes().busy();
}

/// State of the array after the last plane, by where the last results are.
ArrayState CycleEngine::tail_state() const {
  const ClockedArray& array = datapath_.mxu.clocked();
  const DrainPipeline& vector_unit = datapath_.vector_unit.pipeline();
  if (!array.empty()) return ArrayState::fill;
  if (array.holds_results() || !vector_unit.empty()) {
    return vector_unit.held_up() ? ArrayState::compressor : ArrayState::drain;
  }
  return compressing() ? ArrayState::compressor : ArrayState::dram;
}

}  // namespace anda
