// SPDX-License-Identifier: Apache-2.0
#include <anda/vector_unit/vector_unit.h>

#include <algorithm>
#include <cstring>

namespace anda {

VectorUnit::VectorUnit(sc_core::sc_module_name name, const VectorUnitConfig& config, const Clock& clock,
                       bool functional)
    : sc_module(name),
      sums("sums"),
      out("out"),
      operands("operands"),
      accumulators("accumulators"),
      sink("sink"),
      config_(config),
      clock_(clock),
      next_(clock),
      operand_access_(clock),
      functional_(functional) {
  sums.register_b_transport(this, &VectorUnit::b_transport);
  counters_.add("vector_unit.values", "values", "results that left the accumulators through the vector unit", values_);
  counters_.add("vector_unit.lane_cycles", "FPU cycles", "FPU cycles in standalone operations of the vector unit",
                lane_cycles_);
  counters_.add("vector_unit.macs", "MACs", "multiply-accumulates of the vector unit", macs_);
}

void VectorUnit::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  tlm::tlm_response_status status = refusal(payload, {~std::uint64_t{0}, 1, false});
  if (status == tlm::TLM_OK_RESPONSE && !payload.is_write()) status = tlm::TLM_COMMAND_ERROR_RESPONSE;
  if (status == tlm::TLM_OK_RESPONSE && payload.get_data_length() % sizeof(float) != 0) {
    status = tlm::TLM_BURST_ERROR_RESPONSE;
  }
  payload.set_response_status(status);
  if (status != tlm::TLM_OK_RESPONSE) return;
  auto* const said = payload.get_extension<DataflowExtension>();
  if (said == nullptr) {
    pass_on_plain(payload, delay);
  } else {
    pass_on(payload, *said, {config_.fpus});
    delay = clock_.delay_to(said->done);
  }
}

void VectorUnit::add_losses(DataLosses& losses) const {
  if (operation_ == clock_.operation()) losses.overflows.outputs += overflows_.outputs;
  if (!worked_last()) return;
  losses.saturated = own_values_.replaced();
  losses.zeroed += own_values_.zeroed();
}

void VectorUnit::begin() {
  if (operation_ == clock_.operation()) return;
  operation_ = clock_.operation();
  overflows_ = OverflowCounts();
  stands_.clear();
}

/// Passes on a tile of the array, or several equal ones.
void VectorUnit::pass_on(tlm::tlm_generic_payload& payload, DataflowExtension& said, const Pace& pace) {
  begin();
  const ArrayTile& tile = *said.tile;
  const std::uint64_t values = tile.values();
  const std::uint64_t bytes_of_value = tile.partial_sums_out ? sizeof(float) : 2;
  const std::uint64_t entered = stands_.moves(said.cycle);

  DataflowExtension& next = next_.said;
  next.cycle = stands_.advance(entered, config_.latency_cycles);
  next.words = said.words;
  next.tile = &tile;
  next.format = said.format;
  next.values_per_cycle = pace.values_per_cycle;
  next.hold_ups = &hold_ups_;
  hold_ups_.clear();
  next.along_row = said.along_row;
  next.rows = said.rows;
  next.moves_data = said.moves_data;
  next.timed = said.timed;
  next.counted = said.counted;
  // The compressor knows a tile's position in its block.
  const std::uint64_t in_block = tile.compress ? 0 : tile.column_of_block * tile.rows * bytes_of_value;
  // Values that are neither FP16 nor FP32 pass unchanged.
  unsigned char* data = said.moves_data ? payload.get_data_ptr() : nullptr;
  if (data != nullptr && pace.bytes == 0) data = round(reinterpret_cast<const float*>(data), tile);
  next_(out, tlm::TLM_WRITE_COMMAND, payload.get_address() + in_block,
        pace.bytes != 0 ? pace.bytes : values * bytes_of_value, data);
  said.answered = true;
  if (!said.timed) return;

  values_ += values * said.accesses();
  answer(said, entered, pace);
  if (observer_ != nullptr) {
    shown_.add(values, {entered, entered + ceil_div(values, pace.values_per_cycle)});
    if (tile.last_of_step) observer_->vector_unit(shown_.amount, shown_.span);
    if (tile.last_of_step) shown_ = StretchOfWork();
  }
}

/// Answers when a tile whose first beat entered at `entered` has left the accumulators and the vector unit.
void VectorUnit::answer(DataflowExtension& said, std::uint64_t entered, const Pace& pace) {
  const DataflowExtension& next = next_.said;
  const std::uint64_t beats = ceil_div(said.tile->values(), pace.values_per_cycle);
  said.repeatable = next.repeatable && stands_.empty() && hold_ups_.empty();
  said.put_out = next.cycle + beats;
  said.stored = std::max(said.put_out, next.stored);
  stand_still(next.cycle);
  said.done = stands_.advance(entered, beats - 1) + 1;
  stands_.forget(said.done);
  if (hold_ups_.empty() && next.done > said.put_out) {
    // A block that does not report which beats it holds up is assumed to hold up the last ones.
    const std::uint64_t behind = next.done - std::min(next.done, std::uint64_t{config_.latency_cycles});
    said.done = std::max(said.done, behind);
  }
  said.sink_slower = said.done > said.cycle + beats;
}

/// Records that the pipeline stands still after each beat that was not taken at once, until it is taken. `offered`:
/// cycle in which the first beat was offered.
void VectorUnit::stand_still(std::uint64_t offered) {
  std::uint64_t beat = 0;
  for (const HoldUp& held : hold_ups_) {
    offered += held.beat - beat;
    stands_.add(offered + 1, offered + 1 + held.cycles);
    offered += held.cycles;
    beat = held.beat;
  }
}

/// The tile's values in the column-major layout of a result block.
unsigned char* VectorUnit::round(const float* sums_of_tile, const ArrayTile& tile) {
  const std::uint64_t bytes_of_value = tile.partial_sums_out ? sizeof(float) : 2;
  rounded_.resize(tile.values() * bytes_of_value);
  unsigned char* to = rounded_.data();
  for (std::uint64_t column = 0; column < tile.columns; ++column) {
    for (std::uint64_t row = 0; row < tile.rows; ++row, to += bytes_of_value) {
      const float sum = sums_of_tile[row * tile.columns + column];
      if (tile.partial_sums_out) {
        std::memcpy(to, &sum, sizeof sum);
      } else {
        const std::uint16_t bits = round_output(sum, overflows_).bits;
        std::memcpy(to, &bits, sizeof bits);
      }
    }
  }
  return rounded_.data();
}

/// Passes on values without a tile: rounds them in order.
void VectorUnit::pass_on_plain(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  begin();
  const std::uint64_t values = payload.get_data_length() / sizeof(float);
  ArrayTile row;
  row.rows = 1;
  row.columns = values;
  values_ += values;
  sc_core::sc_time after = delay + clock_.time(config_.latency_cycles);
  tlm::tlm_generic_payload write;
  set_access(write, tlm::TLM_WRITE_COMMAND, payload.get_address() / 2,
             round(reinterpret_cast<const float*>(payload.get_data_ptr()), row), values * 2);
  out->b_transport(write, after);
  payload.set_response_status(write.get_response_status());
  const sc_core::sc_time taken = delay + clock_.time(cycles(values));
  const sc_core::sc_time latency = clock_.time(config_.latency_cycles);
  delay = after > taken + latency ? after - latency : taken;
}

}  // namespace anda
