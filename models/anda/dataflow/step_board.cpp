// SPDX-License-Identifier: Apache-2.0
#include <anda/dataflow/step_board.h>

#include <algorithm>

namespace anda {

void StepBoard::begin(StepPlan& plan) {
  *this = StepBoard();
  plan_ = &plan;
}

StepUnderWay* StepBoard::open() {
  if (ended_) return nullptr;
  Step at;
  if (!plan_->next(at)) {
    ended_ = true;
    return nullptr;
  }
  steps_.emplace_back();
  ++opened_;
  StepUnderWay& opened = steps_.back();
  opened.at = at;
  opened.activations.assign(at.row_tiles, at.load_activations || at.load_partial_sums ? never : 0);
  opened.weights.assign(at.column_tiles, at.load_weights ? never : 0);
  if (at.first()) {
    opened.weight_parts.assign(plan_->parts(), never);
    opened.activation_parts.assign(plan_->parts(), never);
    opened.activations[0] = 0;  // no tile but the first uses them before the last part has arrived
    opened.weights[0] = 0;
    for (std::uint64_t part = 0; part < plan_->parts() && plan_->holds_part(part); ++part)
      opened.weight_parts[part] = 0;
    for (std::uint64_t column = 1; column < at.column_tiles && plan_->holds_panel(column); ++column) {
      opened.weights[column] = 0;
    }
  }
  return &opened;
}

void StepBoard::open_tile() {
  const ArrayTile opened = plan_->tile(step(next_step_).at, next_row_, next_column_);
  ++next_column_;
  if (opened.last_of_row) {
    next_column_ = 0;
    ++next_row_;
  }
  if (opened.last_of_step) {
    next_row_ = 0;
    ++next_step_;
  }
  tiles_.push_back(opened);
}

StepUnderWay* StepBoard::loading() {
  const auto found =
      std::find_if(steps_.begin(), steps_.end(), [](const StepUnderWay& of) { return of.loads_left > 0; });
  return found != steps_.end() ? &*found : nullptr;
}

const std::uint64_t& StepBoard::activation_arrival(const ArrayTile& of, std::uint64_t group) {
  StepUnderWay& in = step(of.step);
  if (of.step == 0 && of.row == 0 && of.column == 0) return in.activation_parts[group / plan_->groups_of_part()];
  return in.activations[of.row];
}

const std::uint64_t& StepBoard::weight_arrival(const ArrayTile& of, std::uint64_t group) {
  StepUnderWay& in = step(of.step);
  if (of.step == 0 && of.row == 0 && of.column == 0) return in.weight_parts[group / plan_->groups_of_part()];
  return in.weights[of.column];
}

void StepBoard::retire() {
  while (!steps_.empty() && steps_.front().computed && steps_.front().transfers_left == 0 &&
         steps_.front().posted == 0 && (steps_.size() > 1 || ended_)) {
    steps_.pop_front();
    ++first_step_;
  }
}

bool StepBoard::complete() const {
  return ended_ && std::all_of(steps_.begin(), steps_.end(),
                               [](const StepUnderWay& of) { return of.computed && of.transfers_left == 0; });
}

}  // namespace anda
