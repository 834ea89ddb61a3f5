// SPDX-License-Identifier: Apache-2.0
// What CycleEngine lets people see of its blocks: waveforms, and activity for an observer.
#include <anda/engine/cycle_engine.h>

#include <string>

namespace anda {

void CycleEngine::trace_blocks(sc_core::sc_trace_file& file, const std::string& scope) const {
  const auto add = [&](const auto& value, const std::string& name) {
    sc_core::sc_trace(&file, value, scope + "." + name);
  };
  add(cycle_, "cycle");
  add(array_.tile(), "array.tile");
  add(array_.group(), "array.group");
  add(array_.plane(), "array.plane");
  add(state_[0], "array.busy");
  for (const StallCause& cause : stall_causes) {
    add(state_[static_cast<std::size_t>(cause.state)], std::string("array.") + cause.signal);
  }
  add(weight_port_.busy(), "weight_port.busy");
  add(weight_port_.slots_left(), "weight_port.words_left");
  add(activation_port_.busy(), "activation_port.busy");
  add(activation_port_.slots_left(), "activation_port.words_left");
  for (const std::uint32_t i : {0u, 1u}) {
    const std::string number = "_" + std::to_string(i);
    add(accumulators_.full(i), "accumulators.full" + number);
    add(datapath_.activation_buffer.held(i), "activation_buffer.half_used" + number);
    add(datapath_.weight_buffer.held(i), "weight_buffer.half_used" + number);
  }
  add(vector_unit_.busy(), "vector_unit.busy");
  add(vector_unit_.held_up(), "vector_unit.held_up");
  for (std::size_t i = 0; i < compressor_.lanes().size(); ++i) {
    const std::string lane = std::string("compressor.lane_") + (i < 10 ? "0" : "") + std::to_string(i) + ".";
    add(compressor_.lanes()[i].busy, lane + "busy");
    add(compressor_.lanes()[i].plane, lane + "plane");
  }
  add(result_writer_.complete(), "packager.blocks_complete");
  add(planned_count_, "dma.transfers_planned");
  add(dma_busy_, "dma.busy");
}

/// Tells an observer of the units' work when a stretch of it is over.
void CycleEngine::show_units() {
  if (shown_.vector_unit != vector_unit_.busy()) {
    if (shown_.vector_unit) {
      const std::uint64_t values = datapath_.vector_unit.values();
      observer()->vector_unit(values - shown_.values, {shown_.vector_unit_since, cycle_});
      shown_.values = values;
    }
    shown_.vector_unit = vector_unit_.busy();
    shown_.vector_unit_since = cycle_;
  }
  const bool compresses = plan_->compresses() && compressor_.busy();
  if (shown_.compressor != compresses) {
    if (shown_.compressor) {
      const std::uint64_t groups = datapath_.compressor.groups();
      observer()->compressor(groups - shown_.groups, {shown_.compressor_since, cycle_});
      shown_.groups = groups;
    }
    shown_.compressor = compresses;
    shown_.compressor_since = cycle_;
  }
}

/// Tells an observer of the array's state so far when it changes.
void CycleEngine::show_state(State state) {
  if (state == shown_.state) return;
  if (cycle_ > shown_.since) observer()->array(shown_.state, {shown_.since, cycle_});
  shown_.state = state;
  shown_.since = cycle_;
}

void CycleEngine::show_end() {
  if (cycle_ > shown_.since) observer()->array(shown_.state, {shown_.since, cycle_});
  observer()->end_gemm(cycle_);
}

}  // namespace anda
