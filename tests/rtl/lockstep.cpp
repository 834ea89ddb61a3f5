// SPDX-License-Identifier: Apache-2.0
#include "lockstep.h"

#include <anda/base/math.h>

#include <algorithm>

namespace rtl_test {

Lockstep::Lockstep(sc_core::sc_module_name name, Tally& tally, double clock_hz)
    : sc_module(name), tally_(tally), half_period_(0.5 / clock_hz, sc_core::SC_SEC) {
  SC_HAS_PROCESS(Lockstep);
  SC_METHOD(compare_registers);
  sensitive << after_edge_;
  dont_initialize();
}

void Lockstep::begin(anda::StepBoard& board) {
  board_ = &board;
  first_ = true;
  agrees_ = true;
  pushed_.clear();
  summed_ = 0;
  passed_ = 0;
  passed_values_ = 0;
  places_.clear();
  weights_ = {};
  activations_ = {};
  // As many as $clog2(lanes + 3) bits tell apart, see datapath.sv.
  for (block_numbers_ = 1; block_numbers_ < blocks.compressor->config().lanes + 3;) block_numbers_ *= 2;
  lane_was_busy_.assign(blocks.compressor->config().lanes, false);
}

/// The first tile is in the queue when the first clock begins.
void Lockstep::reset() {
  const anda::GemmTask& task = board_->plan().task();
  rtl_.input_bits = task.input.mantissa_bits;
  rtl_.output_bits = task.output.mantissa_bits;
  rtl_.weights_next_valid = false;
  rtl_.activations_next_valid = false;
  rtl_.tile_valid = false;
  rtl_.reset = true;
  rtl_.edge();
  rtl_.reset = false;
  offer_tile();
  DatapathModule::settle();
  if (rtl_.tile_valid && rtl_.tile_ready) pushed();
  rtl_.edge();
}

void Lockstep::show_inputs(std::uint64_t cycle) {
  if (!agrees_) return;
  cycle_ = cycle;
  if (first_) reset();
  first_ = false;
  const anda::ArrayControl& control = blocks.mxu->clocked().control();
  const anda::ArrayTile* const tile = board_->tile(control.tile());
  rtl_.panels_here = tile != nullptr && board_->activation_arrival(*tile, control.group()) <= cycle_ &&
                     board_->weight_arrival(*tile, control.group()) <= cycle_;
  const std::uint64_t* const arriving = control.arriving(false);
  if (arriving != nullptr && blocks.mxu->clocked().accumulators().free(cycle_)) {
    const std::uint64_t before = board_->tile(*arriving)->sums_before;
    if (before > 0 && *arriving - board_->left() >= before) ++tally_.sums_waits;
  }
  rtl_.load_held = tile != nullptr && board_->step(tile->step).held > 0;
  rtl_.weights_here = here(weights_);
  rtl_.activations_here = here(activations_);
  rtl_.weights_word.randomise(noise_);
  rtl_.activations_word.randomise(noise_);
  rtl_.exponents_word.randomise(noise_);
  DatapathModule::settle();
}

void Lockstep::compare_clock(const anda::ClockedArray::Clocked& clocked) {
  if (!agrees_) return;
  same("state", rtl_.state, static_cast<std::uint64_t>(clocked.state));
  compare_lanes();
  if (prints) print_clock(clocked.state);
  ++tally_.clocks;
  ++tally_.states[static_cast<std::size_t>(clocked.state)];
}

void Lockstep::print_clock(anda::ArrayState state) const {
  std::printf("clock %llu: %s, plane %llu; full banks %llu%llu; lanes", static_cast<unsigned long long>(cycle_),
              anda::name_of(state), static_cast<unsigned long long>(rtl_.plane.bits(0, 5)),
              static_cast<unsigned long long>(rtl_.accumulators_full.bits(1, 1)),
              static_cast<unsigned long long>(rtl_.accumulators_full.bits(0, 1)));
  for (std::size_t i = 0; i < blocks.compressor->lanes().lanes().size(); ++i) {
    if (rtl_.plane_valid.bits(i, 1) == 0) {
      std::printf(" -");
    } else {
      std::printf(" %llu", static_cast<unsigned long long>(rtl_.plane_number.bits(i * 5, 5)));
    }
  }
  std::printf("; blocks %llu\n", static_cast<unsigned long long>(rtl_.blocks_complete.bits(0, 32)));
}

/// The lanes had their turn in this clock: which of them put out which plane.
void Lockstep::compare_lanes() {
  const auto& lanes = blocks.compressor->lanes().lanes();
  const std::uint32_t last = board_->plan().task().output.mantissa_bits;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const bool puts_out = lanes[i].busy || lane_was_busy_[i];
    same("plane of a lane is valid", rtl_.plane_valid.bits(i, 1), puts_out ? 1 : 0);
    if (puts_out) same("plane of a lane", rtl_.plane_number.bits(i * 5, 5), lanes[i].busy ? lanes[i].plane - 1 : last);
    lane_was_busy_[i] = lanes[i].busy;
  }
}

void Lockstep::ask_ports() {
  if (!agrees_) return;
  offer_weights();
  offer_activations();
  offer_tile();
  DatapathModule::settle();
  take_up(weights_, rtl_.weights_next_valid, rtl_.weights_next_ready, 1);
  take_up(activations_, rtl_.activations_next_valid, rtl_.activations_next_ready,
          board_->plan().task().input.mantissa_bits + 1);
  if (rtl_.tile_valid && rtl_.tile_ready) pushed();
  if (rtl_.partial_sums_taken) note_sums_in();
  note_sums_out();
  weights_read_ = rtl_.weights_read;
  activations_read_ = rtl_.activations_read;
  rtl_.edge();
  after_edge_.notify(half_period_);
}

/// The RTL took the tile that was offered.
void Lockstep::pushed() {
  const anda::ArrayTile& tile = *board_->tile(pushed_.size());
  pushed_.push_back(
      {tile.first_row << 32 | tile.first_column, tile.values(), tile.partial_sums_in, tile.partial_sums_out});
}

/// Whether the partial sums that a tile starts from had come out of the RTL before this clock.
void Lockstep::note_sums_in() {
  const Sums& sums = pushed_[summed_++];
  if (!sums.go_on) return;
  ++tally_.sums_in;
  Place& place = places_[sums.place];
  if (place.out <= place.in) ++tally_.sums_early;
  ++place.in;
}

void Lockstep::note_sums_out() {
  for (std::uint64_t left = rtl_.values_valid; left > 0; --left) {
    while (!pushed_[passed_].partial) ++passed_;
    if (++passed_values_ < pushed_[passed_].values) continue;
    passed_values_ = 0;
    ++places_[pushed_[passed_++].place].out;
  }
}

void Lockstep::offer_tile() {
  const anda::ArrayTile* const tile = board_->tile(pushed_.size());
  rtl_.tile_valid = tile != nullptr;
  if (tile == nullptr) return;
  const anda::ActivationFormat& output = board_->plan().task().output;
  rtl_.tile_groups = static_cast<std::uint32_t>(tile->groups);
  rtl_.tile_values = static_cast<std::uint32_t>(tile->values());
  rtl_.tile_columns = static_cast<std::uint32_t>(tile->columns);
  rtl_.tile_first_column = static_cast<std::uint32_t>(tile->column_of_block);
  rtl_.tile_block = static_cast<std::uint32_t>(tile->block % block_numbers_);
  rtl_.tile_begins_block = tile->column_of_block == 0;
  rtl_.tile_ends_row = tile->last_of_row;
  rtl_.tile_passes = tile->partial_sums_out;
  rtl_.tile_sums_before = static_cast<std::uint32_t>(std::min<std::uint64_t>(tile->sums_before, 0xFFFF));
  const std::uint64_t of_row =
      tile->partial_sums_out ? tile->block_columns
                             : anda::ceil_div(tile->block_columns, output.group_size) * (output.mantissa_bits + 1);
  rtl_.tile_parts = static_cast<std::uint32_t>(tile->rows * of_row);
}

void Lockstep::offer_weights() {
  const anda::ArrayTile* const tile = board_->tile(weights_.tile);
  rtl_.weights_next_valid = tile != nullptr;
  if (tile == nullptr) return;
  const anda::StepPlan& plan = board_->plan();
  weights_.next_arrival = &board_->weight_arrival(*tile, weights_.group);
  rtl_.weights_next_here = *weights_.next_arrival <= cycle_;
  rtl_.weights_next_slots = static_cast<std::uint32_t>(plan.weight_words(*tile, weights_.group + 1) -
                                                       plan.weight_words(*tile, weights_.group));
}

/// The clocks of the port that a plane takes: the words of a group, one plane after another, as wide as the port.
void Lockstep::offer_activations() {
  const anda::ArrayTile* const tile = board_->tile(activations_.tile);
  rtl_.activations_next_valid = tile != nullptr;
  if (tile == nullptr) return;
  const std::uint64_t planes = board_->plan().task().input.mantissa_bits + 1;
  const std::uint64_t of_group =
      anda::ceil_div(tile->group_activations.data, blocks.activation_buffer->config().read_words_per_cycle);
  activations_.next_arrival = &board_->activation_arrival(*tile, activations_.group);
  rtl_.activations_next_here = *activations_.next_arrival <= cycle_;
  rtl_.activations_next_slots = static_cast<std::uint32_t>(anda::ceil_div((activations_.plane + 1) * of_group, planes) -
                                                           anda::ceil_div(activations_.plane * of_group, planes));
}

/// Whether the RTL's port took up the operand that was offered; moves on to the next one.
void Lockstep::take_up(Port& port, bool valid, bool ready, std::uint64_t planes) {
  if (!ready) return;
  port.arrival = valid ? port.next_arrival : nullptr;
  if (!valid || ++port.plane < planes) return;
  port.plane = 0;
  if (++port.group < board_->tile(port.tile)->groups) return;
  port.group = 0;
  ++port.tile;
}

/// In the middle of the clock, when all blocks had their turn: what the next one starts from.
void Lockstep::compare_registers() {
  const anda::ClockedArray& array = blocks.mxu->clocked();
  same("plane", rtl_.plane, array.control().plane());
  same("group", rtl_.group, array.control().group());
  same("tile", rtl_.tile, array.control().tile());
  same("full banks", rtl_.accumulators_full,
       (array.accumulators().full(0) ? 1 : 0) | (array.accumulators().full(1) ? 2 : 0));
  same("vector unit held up", rtl_.held_up, blocks.vector_unit->pipeline().held_up());
  same("weight port reads", weights_read_, blocks.weight_buffer->read_port().busy());
  same("activation port reads", activations_read_, blocks.activation_buffer->read_port().busy());
  const auto& lanes = blocks.compressor->lanes().lanes();
  for (std::size_t i = 0; i < lanes.size(); ++i) same("busy lane", rtl_.lane_busy.bits(i, 1), lanes[i].busy);
  same("blocks complete", rtl_.blocks_complete, blocks.activation_buffer->blocks_complete());
}

void Lockstep::end() {
  if (!agrees_) return;
  same("idle at the end", rtl_.idle, true);
  same("tiles", rtl_.tile, pushed_.size());
}

void Lockstep::same(const char* what, std::uint64_t hardware, std::uint64_t model) {
  ++tally_.compared;
  if (hardware == model || !agrees_) return;
  agrees_ = false;
  if (++tally_.different > 5) return;
  std::printf("%s, clock %llu: %s is %llu in the RTL, %llu in the model\n", title.c_str(),
              static_cast<unsigned long long>(cycle_), what, static_cast<unsigned long long>(hardware),
              static_cast<unsigned long long>(model));
}

}  // namespace rtl_test
