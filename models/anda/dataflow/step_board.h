// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DATAFLOW_STEP_BOARD_H
#define ANDA_DATAFLOW_STEP_BOARD_H

#include <cstdint>
#include <deque>
#include <vector>

#include <anda/dataflow/step_plan.h>

namespace anda {

/// A cycle that never comes: of a panel that has not arrived.
inline constexpr std::uint64_t never = ~std::uint64_t{0};

/// Level cycle: a step that is loaded, computed or stored.
struct StepUnderWay {
  Step at;
  std::uint64_t started = 0;               ///< clock of its first operands in the array
  bool data_moved = false;                 ///< of a functional simulation
  std::vector<std::uint64_t> activations;  ///< cycle at which each panel is there
  std::vector<std::uint64_t> weights;
  std::vector<std::uint64_t> activation_parts;  ///< the same for parts of the first panels of a GeMM
  std::vector<std::uint64_t> weight_parts;
  std::uint64_t held = 0;            ///< clocks by which its loads are late since no half was free
  std::uint64_t transfers_left = 0;  ///< to post to the DMA's process
  std::uint64_t loads_left = 0;      ///< of them
  std::uint64_t posted = 0;          ///< that the process has not handed on
  std::uint64_t loads_asked = 0;     ///< transfers asked for, up to the last of its loads
  bool loading = false;
  bool computed = false;
};

/// Level cycle: the steps and tiles of a plan that are under way, which the DMA marks as their panels arrive and the
/// array as it computes them.
class StepBoard {
 public:
  void begin(StepPlan& plan);

  const StepPlan& plan() const { return *plan_; }

  /// Opens the next step of the plan; nullptr after the last.
  StepUnderWay* open();
  bool ended() const { return ended_; }
  /// Behind the last step: weights of a GeMM to come; nullptr: none.
  const WeightsAhead* take_ahead() { return plan_->take_ahead(); }

  /// A tile by its number in the GeMM; nullptr if its step is not open yet. It stays where it is until drop().
  const ArrayTile* tile(std::uint64_t number) {
    while (number >= first_tile_ + tiles_.size()) {
      if (next_step_ >= opened_) return nullptr;
      open_tile();
    }
    return &tiles_[number - first_tile_];
  }
  /// A tile that is there.
  const ArrayTile& at(std::uint64_t number) const { return tiles_[number - first_tile_]; }
  /// Tiles whose results have left the vector unit; those that are partial sums are in the buffer.
  std::uint64_t left() const { return first_tile_; }
  /// The results of the oldest tile have left the vector unit.
  void drop() {
    tiles_.pop_front();
    ++first_tile_;
  }

  StepUnderWay& step(std::uint64_t index) { return steps_[index - first_step_]; }
  StepUnderWay& last() { return steps_.back(); }
  bool empty() const { return steps_.empty(); }
  /// The oldest step whose loads are not all posted; nullptr if there is none.
  StepUnderWay* loading();

  /// When the panel, or the part of it, that a group of a tile belongs to is in the buffer.
  const std::uint64_t& activation_arrival(const ArrayTile& of, std::uint64_t group);
  const std::uint64_t& weight_arrival(const ArrayTile& of, std::uint64_t group);

  /// Forgets steps that are over.
  void retire();
  /// Everything is computed and posted.
  bool complete() const;

 private:
  void open_tile();

  StepPlan* plan_ = nullptr;
  std::deque<StepUnderWay> steps_;
  std::uint64_t first_step_ = 0;
  std::uint64_t opened_ = 0;
  bool ended_ = false;
  std::deque<ArrayTile> tiles_;
  std::uint64_t first_tile_ = 0;
  std::uint64_t next_step_ = 0;  ///< of the next tile, with its place there
  std::uint64_t next_row_ = 0;
  std::uint64_t next_column_ = 0;
};

}  // namespace anda

#endif
