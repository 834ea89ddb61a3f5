// SPDX-License-Identifier: Apache-2.0
// What CycleEngine shows of its blocks: waveforms, and activity for an observer.
#include <anda/engine/cycle_engine.h>

#include <string>

namespace anda {

void CycleEngine::trace_blocks(sc_core::sc_trace_file& file, const std::string& scope) {
  traced_ = true;
  const auto add = [&](const auto& value, const std::string& name) {
    sc_core::sc_trace(&file, value, scope + "." + name);
  };
  add(cycle_, "cycle");
  add(datapath_.mxu.clocked().control().tile(), "array.tile");
  add(datapath_.mxu.clocked().control().group(), "array.group");
  add(datapath_.mxu.clocked().control().plane(), "array.plane");
  add(state_[0], "array.busy");
  for (const StallCause& cause : stall_causes) {
    add(state_[static_cast<std::size_t>(cause.state)], std::string("array.") + cause.signal);
  }
  add(datapath_.weight_buffer.read_port().busy(), "weight_port.busy");
  add(datapath_.weight_buffer.read_port().slots_left(), "weight_port.words_left");
  add(datapath_.activation_buffer.read_port().busy(), "activation_port.busy");
  add(datapath_.activation_buffer.read_port().slots_left(), "activation_port.words_left");
  for (const std::uint32_t i : {0u, 1u}) {
    const std::string number = "_" + std::to_string(i);
    add(datapath_.mxu.clocked().accumulators().full(i), "accumulators.full" + number);
    add(datapath_.activation_buffer.held(i), "activation_buffer.half_used" + number);
    add(datapath_.weight_buffer.held(i), "weight_buffer.half_used" + number);
  }
  add(datapath_.vector_unit.pipeline().busy(), "vector_unit.busy");
  add(datapath_.vector_unit.pipeline().held_up(), "vector_unit.held_up");
  const std::size_t lanes = datapath_.compressor != nullptr ? datapath_.compressor->lanes().lanes().size() : 0;
  for (std::size_t i = 0; i < lanes; ++i) {
    const std::string lane = std::string("compressor.lane_") + (i < 10 ? "0" : "") + std::to_string(i) + ".";
    add(datapath_.compressor->lanes().lanes()[i].busy, lane + "busy");
    add(datapath_.compressor->lanes().lanes()[i].plane, lane + "plane");
  }
  add(datapath_.activation_buffer.blocks_complete(), "packager.blocks_complete");
  add(dma_.planned(), "dma.transfers_planned");
  add(dma_.busy(), "dma.busy");
}

/// Reports each busy span of the vector unit and the compressor to the observer when it ends.
void CycleEngine::show_units() {
  if (shown_.vector_unit != datapath_.vector_unit.pipeline().busy()) {
    if (shown_.vector_unit) {
      const std::uint64_t values = datapath_.vector_unit.values();
      observer()->vector_unit(values - shown_.values, {shown_.vector_unit_since, cycle_});
      shown_.values = values;
    }
    shown_.vector_unit = datapath_.vector_unit.pipeline().busy();
    shown_.vector_unit_since = cycle_;
  }
  const bool compresses = compressing();
  if (shown_.compressor != compresses) {
    if (shown_.compressor) {
      const std::uint64_t groups = datapath_.compressor->groups();
      observer()->compressor(groups - shown_.groups, {shown_.compressor_since, cycle_});
      shown_.groups = groups;
    }
    shown_.compressor = compresses;
    shown_.compressor_since = cycle_;
  }
}

/// Records the array's state in a clock: for waveforms, and for an observer when it changes.
void CycleEngine::note(ArrayState state) {
  state_.fill(false);
  state_[static_cast<std::size_t>(state)] = true;
  if (observer() == nullptr || state == shown_.state) return;
  if (cycle_ > shown_.since) observer()->array(shown_.state, {shown_.since, cycle_});
  shown_.state = state;
  shown_.since = cycle_;
}

void CycleEngine::show_end() {
  if (cycle_ > shown_.since) observer()->array(shown_.state, {shown_.since, cycle_});
  observer()->end_gemm(cycle_);
}

}  // namespace anda
