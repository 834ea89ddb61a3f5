// SPDX-License-Identifier: Apache-2.0
#include <anda/compressor/bit_plane_compressor.h>

#include <algorithm>
#include <cstring>

#include <anda/base/access.h>
#include <anda/numeric/panel_codec.h>
#include <anda/tlm/target_access.h>

namespace anda {

BitPlaneCompressor::BitPlaneCompressor(sc_core::sc_module_name, const CompressorConfig& config, const Clock& clock,
                                       const Bridge& bridge, bool encodes)
    : in("in"),
      out("out"),
      sink("sink"),
      packager("packager"),
      config_(config),
      clock_(clock),
      bridge_(bridge),
      next_(clock),
      clocked_(config_, groups_) {
  sink.bind(clocked_);
  in.register_b_transport(this, &BitPlaneCompressor::b_transport);
  in.register_transport_dbg(this, &BitPlaneCompressor::debug);
  counters_ = table(groups_, planes_);
  if (encodes) {
    counters_.add("compressor.encoded_values", "values",
                  "results encoded in operand formats, padding of groups included", encoded_);
  }
}

Counters BitPlaneCompressor::table(const std::uint64_t& groups, const std::uint64_t& planes) {
  Counters table;
  table.add("compressor.groups", "groups", "groups of results converted to Anda", groups);
  table.add("compressor.planes", "planes", "group planes emitted, including sign planes", planes);
  return table;
}

void BitPlaneCompressor::add_losses(DataLosses& losses) const {
  if (operation_ != clock_.operation()) return;
  losses.saturated = losses_.saturated;
  losses.first_saturated_row = losses_.first_saturated_row;
  losses.first_saturated_column = losses_.first_saturated_column;
  losses.zeroed += losses_.zeroed;
}

void BitPlaneCompressor::begin_clocks(const StepPlan& plan) {
  clocked_.bind(*packager.operator->());
  clocked_.begin(plan);
  clocked_format_ = plan.task().output;
}

void BitPlaneCompressor::tick() {
  const std::uint64_t before = groups_;
  clocked_.tick();
  const std::uint64_t groups = groups_ - before;
  groups_ = before;
  count(groups, clocked_format_);
}

std::uint64_t BitPlaneCompressor::cycles(std::uint64_t values, const ActivationFormat& format) const {
  const std::uint64_t intake = ceil_div(values, config_.values_per_cycle);
  const std::uint64_t out_of_lanes =
      ceil_div(values * (format.mantissa_bits + 1), std::uint64_t{format.group_size} * config_.lanes);
  return std::max(intake, out_of_lanes);
}

void BitPlaneCompressor::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  auto* const said = payload.get_extension<DataflowExtension>();
  if (said == nullptr) {
    bridge(payload, delay);
    return;
  }
  const tlm::tlm_response_status status = refusal(payload, {~std::uint64_t{0}, 1, false});
  payload.set_response_status(status);
  if (status != tlm::TLM_OK_RESPONSE) return;
  if (said->tile->compress) {
    take(payload, *said);
  } else {
    pass_through(payload, *said);
  }
  said->answered = true;
  delay = clock_.delay_to(said->done);
}

void BitPlaneCompressor::pass_through(tlm::tlm_generic_payload& payload, DataflowExtension& said) {
  next_.said = said;
  next_(out, payload.get_command(), payload.get_address(), payload.get_data_length(), payload.get_data_ptr());
  said = next_.said;
}

/// Starts another operation: its times count from 0, and all registers and lanes are free.
void BitPlaneCompressor::begin(const DataflowExtension& said) {
  operation_ = clock_.operation();
  GroupIntake::Rates rates;
  rates.lanes = config_.lanes;
  rates.planes = said.format->mantissa_bits + 1;
  rates.group_size = said.format->group_size;
  rates.values_per_cycle = config_.values_per_cycle;
  rates.values_per_beat = said.values_per_cycle > 0 ? said.values_per_cycle : rates.values_per_cycle;
  intake_.begin(rates);
  losses_ = DataLosses();
}

/// Takes the values of a tile into the registers of their groups.
void BitPlaneCompressor::take(tlm::tlm_generic_payload& payload, DataflowExtension& said) {
  const ArrayTile& tile = *said.tile;
  if (operation_ != clock_.operation()) begin(said);
  if (said.moves_data) collect(payload.get_data_ptr(), tile);
  if (said.timed) {
    const GroupIntake::Taken taken = take_values(said);
    said.done = taken.done;
    said.stored = said.cycle;
    said.repeatable = taken.alone;
  }
  if (observer_ != nullptr && said.timed) shown_.add(0, {said.cycle, said.cycle});
  if (tile.last_of_block) put_out_block(payload.get_address(), said);
  if (observer_ != nullptr && said.timed && tile.last_of_step) {
    observer_->compressor(shown_.amount, shown_.span);
    shown_ = StretchOfWork();
  }
}

/// Of repeated tiles, the last one determines the state of registers and lanes.
GroupIntake::Taken BitPlaneCompressor::take_values(const DataflowExtension& said) {
  if (said.along_row.period + said.rows.period == 0) return intake_.take(*said.tile, said.cycle, said.hold_ups);
  ArrayTile last = *said.tile;
  last.block = said.last_block();
  GroupIntake::Taken taken = intake_.take_alone(last, said.cycle + said.repeat_cycles());
  taken.done -= said.repeat_cycles();
  return taken;
}

/// Outputs a complete block: its last groups pass through the lanes, then it is in the buffer.
void BitPlaneCompressor::put_out_block(std::uint64_t address, DataflowExtension& said) {
  const ArrayTile& tile = *said.tile;
  const ActivationFormat& format = *said.format;
  DataflowExtension& next = next_.said;
  next = DataflowExtension();
  next.words = said.words;
  next.tile = &tile;
  next.along_row = said.along_row;
  next.rows = said.rows;
  next.moves_data = said.moves_data;
  next.timed = said.timed;
  next.counted = said.counted;
  if (said.timed) {
    next.cycle = intake_.end() - said.repeat_cycles();
    said.stored = intake_.end();
    const std::uint64_t groups = tile.rows * ceil_div(tile.block_columns, format.group_size);
    count(groups * said.accesses(), format);
    if (observer_ != nullptr) shown_.add(groups, {said.cycle, said.stored});
  }
  std::uint8_t* const data = said.moves_data ? compress(tile, format) : nullptr;
  next_(out, tlm::TLM_WRITE_COMMAND, address, format.bytes(tile.rows, tile.block_columns), data);
}

void BitPlaneCompressor::collect(const unsigned char* values, const ArrayTile& tile) {
  registers_.resize(tile.rows * tile.block_columns);
  for (std::uint64_t column = 0; column < tile.columns; ++column) {
    for (std::uint64_t row = 0; row < tile.rows; ++row, values += 2) {
      std::uint16_t bits = 0;
      std::memcpy(&bits, values, sizeof bits);
      registers_[row * tile.block_columns + tile.column_of_block + column] = Fp16{bits};
    }
  }
}

/// Converts the block in the registers to groups. Anda has no infinities and no NaNs; ±65504 and +0 replace them.
std::uint8_t* BitPlaneCompressor::compress(const ArrayTile& tile, const ActivationFormat& format) {
  const bool none_yet = losses_.saturated.infinities + losses_.saturated.nans == 0;
  std::size_t first = registers_.size();
  for (std::size_t i = 0; i < registers_.size(); ++i) {
    if (registers_[i].is_finite()) continue;
    first = std::min(first, i);
    registers_[i] = make_finite(registers_[i], NonFinite::saturate, {}, 0, losses_.saturated);
  }
  if (none_yet && first < registers_.size()) {
    losses_.first_saturated_row = tile.first_row + first / tile.block_columns;
    losses_.first_saturated_column = tile.first_column - tile.column_of_block + first % tile.block_columns;
  }
  block_.resize(format.bytes(tile.rows, tile.block_columns));
  EncodingLoss loss;
  pack_activations(registers_.data(), tile.block_columns, tile.rows, tile.block_columns, format, block_.data(), loss);
  losses_.zeroed += loss.zeroed;
  return block_.data();
}

/// Converts whole blocks of FP16 values from or to the compressed blocks of the same numbers behind `out`;
/// move(address) moves one of these and returns whether it succeeded. Returns the number of blocks converted.
template <class Move>
std::uint64_t BitPlaneCompressor::convert(tlm::tlm_generic_payload& payload, std::uint64_t blocks, Move move) {
  const ActivationFormat& format = bridge_.format;
  ArrayTile tile;
  tile.rows = bridge_.rows;
  tile.columns = tile.block_columns = format.group_size;
  registers_.resize(tile.values());
  block_.resize(format.bytes(tile.rows, tile.columns));
  const std::uint64_t first = payload.get_address() / fp16_bytes();
  for (std::uint64_t i = 0; i < blocks; ++i) {
    unsigned char* const data = payload.get_data_ptr() + i * fp16_bytes();
    if (payload.is_write()) {
      std::memcpy(registers_.data(), data, fp16_bytes());
      compress(tile, format);
    }
    if (!move((first + i) * block_.size())) return i;
    if (payload.is_read()) {
      unpack_activations(block_.data(), tile.rows, tile.columns, format, registers_.data(), tile.columns);
      std::memcpy(data, registers_.data(), fp16_bytes());
    }
  }
  return blocks;
}

/// Serves a plain access. The planes of the last group come out after all values; those of earlier groups, meanwhile.
void BitPlaneCompressor::bridge(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const ActivationFormat& format = bridge_.format;
  tlm::tlm_response_status status = refusal(payload, {~std::uint64_t{0}, 1, false});
  if (status == tlm::TLM_OK_RESPONSE &&
      (payload.get_address() % fp16_bytes() != 0 || payload.get_data_length() % fp16_bytes() != 0)) {
    status = tlm::TLM_BURST_ERROR_RESPONSE;
  }
  payload.set_response_status(status);
  if (status != tlm::TLM_OK_RESPONSE) return;
  if (payload.is_write()) delay += clock_.time(format.mantissa_bits + 1);
  convert(payload, payload.get_data_length() / fp16_bytes(), [&](std::uint64_t address) {
    if (payload.is_write()) {
      count(bridge_.rows, format);
      delay += clock_.time(cycles(fp16_bytes() / 2, format));
    }
    status = access(out, payload.get_command(), address, block_.data(), block_.size(), delay);
    return status == tlm::TLM_OK_RESPONSE;
  });
  payload.set_response_status(status);
}

/// Moves whole blocks; counts neither losses nor groups.
unsigned int BitPlaneCompressor::debug(tlm::tlm_generic_payload& payload) {
  const std::uint64_t bytes = debug_bytes(payload, {~std::uint64_t{0}, 1, false});
  if (payload.get_address() % fp16_bytes() != 0) return 0;
  const DataLosses before = losses_;
  const std::uint64_t blocks = convert(payload, bytes / fp16_bytes(), [&](std::uint64_t address) {
    return debug_access(out, payload.get_command(), address, block_.data(), block_.size());
  });
  losses_ = before;
  return static_cast<unsigned int>(blocks * fp16_bytes());
}

}  // namespace anda
