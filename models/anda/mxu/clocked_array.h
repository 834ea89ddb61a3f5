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

/// Level cycle: the array clock by clock. It takes one plane per clock (one sixteenth of a group in FP-FP elements)
/// from the registers of its two ports, requests the next ones from the ports, and leaves a tile's sums in one of two
/// banks.
class ClockedArray : public AccumulatorPort {
 public:
  /// The array's state in a clock, and the plane that entered.
  struct Clocked {
    ArrayState state = ArrayState::busy;
    const ArrayTile* took = nullptr;  ///< the tile whose plane entered the array, nullptr if none did
    bool first = false;               ///< the plane was the first of the tile
    bool group = false;               ///< the plane was the first of a group
    bool last = false;                ///< the plane was the last of the tile
  };

  /// `planes`: clocks per group; `depth`: depth of the pipeline; `words_per_cycle`: width of the activation port.
  void begin(StepBoard& board, std::uint32_t planes, std::uint32_t depth, std::uint64_t words_per_cycle);

  /// One clock of the array. `tail`: its state if nothing is left to compute; `held_up`: whether the vector unit is
  /// held up.
  Clocked tick(OperandPort& activations, OperandPort& weights, std::uint64_t cycle, ArrayState tail, bool held_up);

  /// Requests the array's next operands from the ports: weights of a group, activations of a plane.
  void ask(OperandPort& activations, OperandPort& weights);

  /// Whether the pipeline is empty.
  bool empty() const { return control_.empty(); }

  // The wires to the vector unit.
  bool holds_results() const override { return accumulators_.holds_results(); }
  const ArrayTile& tile() const override { return *board_->tile(accumulators_.tile()); }
  std::uint64_t left() const override { return accumulators_.left(); }
  void take(std::uint64_t values, std::uint64_t cycle) override { accumulators_.take(values, cycle); }

  /// The array's position within its tiles, at the start of a group.
  struct Place {
    ArrayControl control;
    std::uint64_t group = 0;
    std::uint64_t weights_ahead = 0;  ///< groups by which the ports are ahead
    std::uint64_t activations_ahead = 0;
    std::uint32_t activation_plane = 0;
  };
  /// Stores the position in `place`. Returns false where the following groups cannot repeat earlier ones: at an end of
  /// a tile, or in the first tile, whose panels arrive in parts.
  bool note_place(Place& place) const;
  /// At the start of a group, some groups after `before`: number of following groups, a multiple of those in between,
  /// that will repeat them as far as the array can tell.
  std::uint64_t groups_like_since(const Place& before) const;
  /// Period, in groups, of the weight port's work; 1 if the port always finishes in time, however many scales a group
  /// has.
  std::uint64_t groups_of_period() const;
  /// Words that the ports bring in the next `groups` groups, which repeat earlier ones.
  std::uint64_t weight_words_ahead(std::uint64_t groups) const;
  BufferWords activation_words_ahead(std::uint64_t groups) const;
  /// Advances by these groups.
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
  /// Words in the slots that the activation port needs for a group, including padding.
  std::uint64_t words_in_slots(const ArrayTile& of) const {
    return ceil_div(of.group_activations.data, words_per_cycle_) * words_per_cycle_;
  }
  bool blocked(bool issue, std::uint64_t cycle) const;
  ArrayState missing_operand(const ArrayTile& of, const OperandPort& weights, std::uint64_t cycle);
  Clocked take_in(const ArrayTile& tile, OperandPort& activations, OperandPort& weights);

  StepBoard* board_ = nullptr;
  std::uint32_t planes_ = 1;
  std::uint64_t words_per_cycle_ = 1;
  Cursor weights_;  // next operands of the ports
  Cursor activations_;
  ArrayControl control_;
  Accumulators accumulators_;
};

}  // namespace anda

#endif
