// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DATAFLOW_STEP_BOARD_H
#define ANDA_DATAFLOW_STEP_BOARD_H

#include <cstdint>
#include <deque>
#include <vector>

#include <anda/dataflow/step_plan.h>

namespace anda {

/// Arrival cycle of a panel that has not arrived yet.
inline constexpr std::uint64_t never = ~std::uint64_t{0};

/// Level cycle: a step that is being loaded, computed or stored.
struct StepUnderWay {
  Step at;
  std::uint64_t started = 0;               ///< clock in which its first operands entered the array
  bool data_moved = false;                 ///< functional simulation: whether its results have been computed
  std::vector<std::uint64_t> activations;  ///< arrival cycle of each panel
  std::vector<std::uint64_t> weights;
  std::vector<std::uint64_t> activation_parts;  ///< the same for the parts of a GeMM's first panels
  std::vector<std::uint64_t> weight_parts;
  std::uint64_t held = 0;            ///< clocks by which its loads are late because no half was free
  std::uint64_t transfers_left = 0;  ///< transfers not yet posted to the DMA's process
  std::uint64_t loads_left = 0;      ///< loads among these
  std::uint64_t posted = 0;          ///< posted transfers that the process has not finished with
  std::uint64_t loads_asked = 0;     ///< number of transfers requested, up to the last of its loads
  bool loading = false;
  bool computed = false;
};

/// Level cycle: the steps and tiles of a plan that are in progress. The DMA records the arrival of their panels, the
/// array the progress of computing.
class StepBoard {
 public:
  void begin(StepPlan& plan);

  const StepPlan& plan() const { return *plan_; }

  /// Opens the next step of the plan; returns nullptr after the last.
  StepUnderWay* open();
  bool ended() const { return ended_; }
  /// After the last step: returns the weights of the coming GeMM to load ahead; nullptr: none.
  const WeightsAhead* take_ahead() { return plan_->take_ahead(); }

  /// Tile by its number in the GeMM; nullptr if its step is not open yet. The pointer is valid until drop() removes it.
  const ArrayTile* tile(std::uint64_t number) {
    while (number >= first_tile_ + tiles_.size()) {
      if (next_step_ >= opened_) return nullptr;
      open_tile();
    }
    return &tiles_[number - first_tile_];
  }
  /// Tile that tile() has returned before.
  const ArrayTile& at(std::uint64_t number) const { return tiles_[number - first_tile_]; }
  /// Number of tiles whose results have left the vector unit; their partial sums are in the buffer.
  std::uint64_t left() const { return first_tile_; }
  /// Removes the oldest tile: its results have left the vector unit.
  void drop() {
    tiles_.pop_front();
    ++first_tile_;
  }

  StepUnderWay& step(std::uint64_t index) { return steps_[index - first_step_]; }
  StepUnderWay& last() { return steps_.back(); }
  bool empty() const { return steps_.empty(); }
  /// Oldest step whose loads are not all posted; nullptr if there is none.
  StepUnderWay* loading();

  /// Cycle from which the panel, or part, that holds a group of a tile is in the buffer; `never` before its arrival.
  const std::uint64_t& activation_arrival(const ArrayTile& of, std::uint64_t group);
  const std::uint64_t& weight_arrival(const ArrayTile& of, std::uint64_t group);

  /// Removes the steps that have ended.
  void retire();
  /// Whether all steps are computed and all transfers posted.
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
  std::uint64_t next_step_ = 0;  ///< step of the next tile, and the tile's position in it
  std::uint64_t next_row_ = 0;
  std::uint64_t next_column_ = 0;
};

}  // namespace anda

#endif
