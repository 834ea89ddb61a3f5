// SPDX-License-Identifier: Apache-2.0
// Level cycle: clocks in which the blocks interact only with each other, and which of them need not be executed.
#include <anda/engine/cycle_engine.h>

#include <algorithm>

#include <anda/base/simulated_time.h>

namespace anda {

// --- how many clocks the blocks interact only with each other ---

/// Number of clocks, from the next one on, that certainly have no effect on the DMA or memory and are not affected by
/// them: no step begins or ends, and no result block that the DMA waits for becomes complete.
std::uint64_t CycleEngine::clocks_alone() {
  if (!fast_forward_ || traced_ || observer() != nullptr) return 0;
  const std::uint64_t quiet = dma_.quiet_clocks(cycle_, datapath_.activation_buffer.blocks_complete());
  if (quiet == 0) return 0;
  const std::uint64_t still = clocks_still();
  const std::uint64_t clocks = std::min(quiet, still > 0 ? still : clocks_of_array());
  if (clocks == never) return 0;  // everything has ended
  return clock_.instant(cycle_ + clocks) < end_of_time ? clocks : 0;
}

/// Clocks up to the last plane of the array's current tile, whose results come later. 0 at the start of a step, or if
/// the DMA waits for results of an earlier block.
std::uint64_t CycleEngine::clocks_of_array() {
  const ArrayControl& control = datapath_.mxu.clocked().control();
  const ArrayTile* const tile = board_.tile(control.tile());
  if (tile == nullptr) return 0;
  if (tile->row == 0 && tile->column == 0 && control.group() == 0 && control.plane() == 0) return 0;
  const std::uint64_t* const waiting = dma_.store_waiting();
  if (waiting != nullptr && tile->block > *waiting) return 0;
  return control.planes_left(tile->groups) - 1;
}

bool CycleEngine::results_under_way() const {
  return datapath_.mxu.clocked().holds_results() || !datapath_.vector_unit.pipeline().empty() || compressing();
}

/// Number of clocks, from the next one on, in which all blocks stand still: the array waits for operands that have not
/// arrived, or has none left. 0 if there are none; longer than any quiet time of memory if only memory can end it.
std::uint64_t CycleEngine::clocks_still() {
  const ClockedArray& array = datapath_.mxu.clocked();
  if (!array.empty() || results_under_way()) return 0;
  const ArrayTile* const tile = board_.tile(array.control().tile());
  if (tile == nullptr) return never;
  const ReadPort& activations = datapath_.activation_buffer.read_port();
  const ReadPort& weights = datapath_.weight_buffer.read_port();
  const std::uint64_t missing = std::max(activations.arrival(), array.control().plane() == 0 ? weights.arrival() : 0);
  if (missing <= cycle_) return 0;
  std::uint64_t clocks = never;
  for (const ReadPort* const port : {&activations, &weights}) {
    if (port->arrival() > cycle_) {
      clocks = std::min(clocks, port->arrival() - cycle_);
    } else if (port->left().slots > 0) {
      return 0;
    }
  }
  return clocks;
}

// --- executing these clocks ---

/// Executes the clocks before the present instant; an abort may have ended the wait before the last of them.
void CycleEngine::catch_up() {
  if (alone_ == 0) return;
  const std::uint64_t now = sc_core::sc_time_stamp().value();
  std::uint64_t next = clock_.cycles(now - clock_.epoch());
  if (clock_.instant(next) < now) ++next;  // an instant just after an edge may round down to the edge
  const std::uint64_t clocks = next > cycle_ ? std::min(alone_, next - cycle_) : 0;
  alone_ -= clocks;
  go_alone(clocks);
}

void CycleEngine::go_alone(std::uint64_t clocks) {
  for (const std::uint64_t end = cycle_ + clocks; cycle_ < end;) {
    const std::uint64_t still = std::min(clocks_still(), end - cycle_);
    if (still > 0) {
      stand_still(still);
    } else if (recurrence_.groups == 0 || skip_groups(end - cycle_) == 0) {
      tick(*counts_);
      ++cycle_;
    }
  }
}

/// Counts clocks of pure waiting. Those by which a lack of halves delayed the step's loads count first, as buffer_full.
void CycleEngine::stand_still(std::uint64_t clocks) {
  StepUnderWay* const later = dma_.held_up(cycle_);
  const ArrayTile* const tile = board_.tile(datapath_.mxu.clocked().control().tile());
  StepUnderWay* const in = tile != nullptr ? &board_.step(tile->step) : nullptr;
  std::uint64_t full = 0;
  if (later != nullptr) later->held += clocks;
  if (in != nullptr) {
    full = std::min(clocks, in->held);
    in->held -= full;
  }
  datapath_.mxu.stalls()[ArrayState::buffer_full] += full;
  datapath_.mxu.stalls()[ArrayState::dram] += clocks - full;
  cycle_ += clocks;
}

// --- groups that repeat earlier ones ---

/// At the start of a group: checks whether the state equals that at the start of the remembered group.
void CycleEngine::note_group() {
  const ClockedArray& array = datapath_.mxu.clocked();
  if (group_.known && array.control().tile() == group_.place.control.tile() && array.control().group() > 0) {
    const std::uint64_t period = array.control().group() - group_.place.group;
    const std::uint64_t of_ports = array.groups_of_period();
    if (period < of_ports) return;
    const std::uint64_t groups = period % of_ports == 0 ? array.groups_like_since(group_.place) : 0;
    if (groups > 0 && datapath_.activation_buffer.read_port().left() == group_.activations &&
        datapath_.weight_buffer.read_port().left() == group_.weights) {
      recurrence_.groups = groups;
      recurrence_.period = period;
      recurrence_.clocks = cycle_ + 1 - group_.cycle;
      recurrence_.from = group_.counted;
      recurrence_.to = datapath_.mxu.counted();
    }
  }
  remember_group();
}

/// Remembers the state at the start of a group if later groups may repeat it: both operands are in the buffers.
void CycleEngine::remember_group() {
  const ReadPort& activations = datapath_.activation_buffer.read_port();
  const ReadPort& weights = datapath_.weight_buffer.read_port();
  group_.known = activations.arrived(cycle_ + 1) && weights.arrived(cycle_ + 1) &&
                 datapath_.mxu.clocked().note_place(group_.place);
  if (!group_.known) return;
  group_.cycle = cycle_ + 1;
  group_.activations = activations.left();
  group_.weights = weights.left();
  group_.counted = datapath_.mxu.counted();
}

/// Skips as many whole periods of repeating groups as end within `clocks`; returns the clocks skipped. Array and
/// results do not affect each other meanwhile, so the results are advanced separately.
std::uint64_t CycleEngine::skip_groups(std::uint64_t clocks) {
  const std::uint64_t times = std::min(recurrence_.groups / recurrence_.period, clocks / recurrence_.clocks);
  if (times == 0) return 0;
  const std::uint64_t groups = times * recurrence_.period;
  StepUnderWay* const later = dma_.held_up(cycle_);
  if (later != nullptr) later->held += times * recurrence_.clocks;
  datapath_.weight_buffer.count_read(datapath_.mxu.clocked().weight_words_ahead(groups));
  datapath_.activation_buffer.count_read(datapath_.mxu.clocked().activation_words_ahead(groups));
  datapath_.mxu.skip(groups, recurrence_.from, recurrence_.to, times);
  recurrence_.groups = 0;
  const std::uint64_t end = cycle_ + times * recurrence_.clocks;
  for (; cycle_ < end && results_under_way(); ++cycle_) drop(tick_results());
  cycle_ = end;
  return times * recurrence_.clocks;
}

}  // namespace anda
