// SPDX-License-Identifier: Apache-2.0
#include <anda/mxu/clocked_array.h>

#include <algorithm>

#include <anda/base/math.h>

namespace anda {

void ClockedArray::begin(StepBoard& board, std::uint32_t planes, std::uint32_t depth, std::uint64_t words_per_cycle) {
  board_ = &board;
  planes_ = planes;
  words_per_cycle_ = words_per_cycle;
  weights_ = {};
  activations_ = {};
  control_.begin(planes, depth);
  accumulators_.begin();
}

ClockedArray::Clocked ClockedArray::tick(OperandPort& activations, OperandPort& weights, std::uint64_t cycle,
                                         ArrayState tail, bool held_up) {
  const ArrayTile* const tile = board_->tile(control_.tile());
  const bool operands = tile != nullptr && activations.ready(cycle) && (control_.plane() > 0 || weights.ready(cycle));
  const bool blocked = this->blocked(operands, cycle);
  Clocked clocked;
  clocked.state = tail;
  if (tile == nullptr) {
    if (blocked) clocked.state = held_up ? ArrayState::compressor : ArrayState::drain;
    if (!blocked) control_.tick(false, 0, 0, accumulators_);
    return clocked;
  }
  if (!operands) {
    clocked.state = missing_operand(*tile, weights, cycle);
  } else if (blocked) {
    clocked.state = held_up ? ArrayState::compressor : ArrayState::drain;
  } else {
    clocked = take_in(*tile, activations, weights);
  }
  if (!blocked) control_.tick(operands, tile->groups, tile->values(), accumulators_);
  return clocked;
}

/// Whether the pipeline stands still: the tile at its end has no empty bank, or starts from sums of the previous step
/// that are not in the buffer yet. `issue`: whether operands are ready to enter the pipeline.
bool ClockedArray::blocked(bool issue, std::uint64_t cycle) const {
  const std::uint64_t* const number = control_.arriving(issue);
  if (number == nullptr) return false;
  const std::uint64_t before = board_->at(*number).sums_before;
  return !accumulators_.free(cycle) || (before > 0 && *number - board_->left() >= before);
}

/// Lets the operands of a plane enter the array.
ClockedArray::Clocked ClockedArray::take_in(const ArrayTile& tile, OperandPort& activations, OperandPort& weights) {
  activations.take();
  Clocked clocked;
  clocked.state = ArrayState::busy;
  clocked.took = &tile;
  clocked.group = control_.plane() == 0;
  clocked.first = clocked.group && control_.group() == 0;
  clocked.last = control_.plane() + 1 == planes_ && control_.group() + 1 == tile.groups;
  if (clocked.group) weights.take();
  return clocked;
}

/// What a tile's next plane waits for: first the panels, then the ports.
ArrayState ClockedArray::missing_operand(const ArrayTile& of, const OperandPort& weights, std::uint64_t cycle) {
  const bool here = board_->activation_arrival(of, control_.group()) <= cycle &&
                    board_->weight_arrival(of, control_.group()) <= cycle;
  if (!here) {
    StepUnderWay& in = board_->step(of.step);
    if (in.held == 0) return ArrayState::dram;
    --in.held;
    return ArrayState::buffer_full;
  }
  return control_.plane() == 0 && !weights.ready(cycle) ? ArrayState::weight_port : ArrayState::activation_port;
}

void ClockedArray::ask(OperandPort& activations, OperandPort& weights) {
  const StepPlan& plan = board_->plan();
  const ArrayTile* of = weights.free() ? board_->tile(weights_.tile) : nullptr;
  if (of != nullptr) {
    const std::uint64_t words = plan.weight_words(*of, weights_.group + 1) - plan.weight_words(*of, weights_.group);
    weights.fetch(words, words, board_->weight_arrival(*of, weights_.group));
    if (++weights_.group == of->groups) weights_ = {weights_.tile + 1, 0, 0};
  }
  of = activations.free() ? board_->tile(activations_.tile) : nullptr;
  if (of != nullptr) {
    const std::uint64_t width = words_per_cycle_;
    const std::uint64_t slots_of_group = ceil_div(of->group_activations.data, width);  // including padding
    const std::uint64_t before = ceil_div(activations_.plane * slots_of_group, planes_);
    const std::uint64_t slots = ceil_div((activations_.plane + 1) * slots_of_group, planes_) - before;
    const std::uint64_t passed = std::min((activations_.group * slots_of_group + before) * width, of->activations.data);
    activations.fetch(slots, std::min(slots * width, of->activations.data - passed),
                      board_->activation_arrival(*of, activations_.group));
    if (++activations_.plane == planes_) {
      activations_.plane = 0;
      if (++activations_.group == of->groups) activations_ = {activations_.tile + 1, 0, 0};
    }
  }
}

// --- groups that repeat earlier ones ---

bool ClockedArray::note_place(Place& place) const {
  const std::uint64_t tile = control_.tile();
  const std::uint64_t group = control_.group();
  if (!control_.inside_tile() || tile == 0 || weights_.tile != tile || activations_.tile != tile) return false;
  place.control = control_;
  place.group = group;
  place.weights_ahead = weights_.group - group;
  place.activations_ahead = activations_.group - group;
  place.activation_plane = activations_.plane;
  return true;
}

std::uint64_t ClockedArray::groups_like_since(const Place& before) const {
  const std::uint64_t tile = control_.tile();
  const std::uint64_t group = control_.group();
  if (!control_.inside_tile() || weights_.tile != tile || activations_.tile != tile ||
      !control_.recurs(before.control) || weights_.group - group != before.weights_ahead ||
      activations_.group - group != before.activations_ahead || activations_.plane != before.activation_plane) {
    return 0;
  }
  // The ports must stay inside the tile and inside the groups that fill their slots.
  const ArrayTile& of = present();
  const std::uint64_t words_of_group = words_in_slots(of);
  const std::uint64_t whole = words_of_group == 0 ? of.groups : of.activations.data / words_of_group;
  const std::uint64_t end = std::max<std::uint64_t>(std::min(of.groups, whole), 1) - 1;
  const std::uint64_t furthest = std::max(weights_.group, activations_.group);
  const std::uint64_t period = group - before.group;
  return furthest < end ? (end - furthest) / period * period : 0;
}

std::uint64_t ClockedArray::groups_of_period() const {
  const ArrayTile& of = present();
  // The first group has the most words, because it begins with scales.
  if (board_->plan().weight_words(of, 1) <= planes_) return 1;
  return board_->plan().weight_period(of);
}

std::uint64_t ClockedArray::weight_words_ahead(std::uint64_t groups) const {
  const ArrayTile& of = present();
  return board_->plan().weight_words(of, weights_.group + groups) - board_->plan().weight_words(of, weights_.group);
}

BufferWords ClockedArray::activation_words_ahead(std::uint64_t groups) const {
  const ArrayTile& of = present();
  return BufferWords{words_in_slots(of), of.group_activations.exponent} * groups;
}

void ClockedArray::skip(std::uint64_t groups) {
  control_.skip(groups);
  weights_.group += groups;
  activations_.group += groups;
}

}  // namespace anda
