// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_MXU_CLOCKED_ARRAY_H
#define ANDA_MXU_CLOCKED_ARRAY_H

#include <cstdint>

#include <anda/base/math.h>
#include <anda/base/stall_cause.h>
#include <anda/buffer/operand_port.h>
#include <anda/dataflow/step_board.h>
#include <anda/mxu/accumulator_port.h>
#include <anda/mxu/accumulators.h>
#include <anda/mxu/array_control.h>

namespace anda {

/// Level cycle: the array clock by clock. It takes one plane a clock (one sixteenth of a group in FP-FP elements) out
/// of the registers of its two ports, asks the ports for the next ones, and leaves a tile's sums in one of two banks.
class ClockedArray : public AccumulatorPort {
 public:
  /// What a clock did beside what it was.
  struct Clocked {
    ArrayState state = ArrayState::busy;
    const ArrayTile* took = nullptr;  ///< the tile whose plane entered the array, if one did
    bool first = false;               ///< it was the first of the tile
    bool group = false;               ///< of a group
    bool last = false;                ///< the last of the tile
  };

  /// `planes`: clocks of a group; `depth`: of the pipeline; `words_per_cycle`: of the port of the activations.
  void begin(StepBoard& board, std::uint32_t planes, std::uint32_t depth, std::uint64_t words_per_cycle);

  /// One clock of the array. `tail`: what it is if there is nothing left to compute; `held_up`: the vector unit is.
  Clocked tick(OperandPort& activations, OperandPort& weights, std::uint64_t cycle, ArrayState tail, bool held_up);

  /// Asks the ports for what the array needs next: weights of a group, activations of a plane.
  void ask(OperandPort& activations, OperandPort& weights);

  /// Whether nothing is in the pipeline.
  bool empty() const { return control_.empty(); }

  // The wires to the vector unit.
  bool holds_results() const override { return accumulators_.holds_results(); }
  const ArrayTile& tile() const override { return *board_->tile(accumulators_.tile()); }
  std::uint64_t left() const override { return accumulators_.left(); }
  void take(std::uint64_t values, std::uint64_t cycle) override { accumulators_.take(values, cycle); }

  /// Where it is in its tiles, at the start of a group.
  struct Place {
    ArrayControl control;
    std::uint64_t group = 0;
    std::uint64_t weights_ahead = 0;  ///< groups that the ports are ahead
    std::uint64_t activations_ahead = 0;
    std::uint32_t activation_plane = 0;
  };
  /// Puts its place into `place`; false if it is none from which groups could follow as others did: at an end of a
  /// tile, or in the first one, whose panels come in parts.
  bool note_place(Place& place) const;
  /// At the start of a group, some groups after another place: how many that follow will be as those between were, a
  /// multiple of them, as far as the array can tell.
  std::uint64_t groups_like_since(const Place& before) const;
  /// After how many groups the port of the weights has the same to do again. One if it is always done in time, however
  /// many scales a group has.
  std::uint64_t groups_of_period() const;
  /// Words that the ports bring in so many groups that are like those before, from where they are.
  std::uint64_t weight_words_ahead(std::uint64_t groups) const;
  BufferWords activation_words_ahead(std::uint64_t groups) const;
  /// Those have passed.
  void skip(std::uint64_t groups);

  const ArrayControl& control() const { return control_; }
  const Accumulators& accumulators() const { return accumulators_; }

 private:
  struct Cursor {
    std::uint64_t tile = 0;
    std::uint64_t group = 0;
    std::uint32_t plane = 0;
  };

  const ArrayTile& present() const { return board_->at(control_.tile()); }
  /// Words in the slots that the port of the activations needs for a group, with padding.
  std::uint64_t words_in_slots(const ArrayTile& of) const {
    return ceil_div(of.group_activations.data, words_per_cycle_) * words_per_cycle_;
  }
  bool blocked(bool issue, std::uint64_t cycle) const;
  ArrayState missing_operand(const ArrayTile& of, const OperandPort& weights, std::uint64_t cycle);
  Clocked take_in(const ArrayTile& tile, OperandPort& activations, OperandPort& weights);

  StepBoard* board_ = nullptr;
  std::uint32_t planes_ = 1;
  std::uint64_t words_per_cycle_ = 1;
  Cursor weights_;  // what the ports bring next
  Cursor activations_;
  ArrayControl control_;
  Accumulators accumulators_;
};

}  // namespace anda

#endif
