// SPDX-License-Identifier: Apache-2.0
#include <anda/base/clock.h>
#include <anda/dram/dram.h>

#include <algorithm>
#include <cmath>

namespace anda {

namespace {

const DramConfig& checked(const DramConfig& config) {
  validate(config, "dram");
  return config;
}

std::uint32_t log2_of(std::uint32_t power_of_two) {
  std::uint32_t log2 = 0;
  while (power_of_two >> log2 > 1) ++log2;
  return log2;
}

double ticks_of(double seconds) { return seconds / sc_core::sc_get_time_resolution().to_seconds(); }

}  // namespace

Dram::Dram(sc_core::sc_module_name name, const DramConfig& config)
    : sc_module(name),
      socket("socket"),
      config_(checked(config)),
      burst_shift_(log2_of(config.burst_bytes())),
      burst_ticks_(ticks_of(config.burst_length / config.data_rate_bit_per_s) / config.channels / config.available()),
      latency_ticks_(static_cast<std::uint64_t>(std::llround(ticks_of(config.latency_ns * 1e-9)))) {
  socket.register_b_transport(this, &Dram::b_transport);
  socket.register_transport_dbg(this, &Dram::transport_dbg);
  counters_.add("dram.read_bytes", "bytes", "bytes read by initiators", read_bytes_);
  counters_.add("dram.write_bytes", "bytes", "bytes written by initiators", write_bytes_);
  counters_.add("dram.read_bursts", "bursts", "bursts that the reads touched", read_bursts_);
  counters_.add("dram.write_bursts", "bursts", "bursts that the writes touched", write_bursts_);
}

tlm::tlm_response_status Dram::refusal(const tlm::tlm_generic_payload& payload) const {
  const std::uint64_t address = payload.get_address();
  const std::uint64_t length = payload.get_data_length();
  if (address >= config_.capacity_bytes || length > config_.capacity_bytes - address) {
    return tlm::TLM_ADDRESS_ERROR_RESPONSE;
  }
  if (payload.get_command() == tlm::TLM_IGNORE_COMMAND) return tlm::TLM_COMMAND_ERROR_RESPONSE;
  if (payload.get_byte_enable_ptr() != nullptr) return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
  if (length == 0 || payload.get_streaming_width() < length) return tlm::TLM_BURST_ERROR_RESPONSE;
  return tlm::TLM_OK_RESPONSE;
}

void Dram::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const tlm::tlm_response_status status = refusal(payload);
  if (status != tlm::TLM_OK_RESPONSE) {
    payload.set_response_status(status);
    return;
  }

  const std::uint64_t address = payload.get_address();
  const std::uint64_t length = payload.get_data_length();
  const std::uint64_t bursts = ((address + length - 1) >> burst_shift_) - (address >> burst_shift_) + 1;
  const std::uint64_t busy = rounded(to_double(bursts) * burst_ticks_);

  const std::uint64_t now = sc_core::sc_time_stamp().value();
  std::uint64_t first = now + delay.value();
  if (payload.is_read()) {
    first += latency_ticks_;
    read_bytes_ += length;
    read_bursts_ += bursts;
  } else {
    write_bytes_ += length;
    write_bursts_ += bursts;
  }
  free_at_ticks_ = std::max(first, free_at_ticks_) + busy;
  delay = sc_core::sc_time::from_value(free_at_ticks_ - now);

  if (config_.store_data) move_data(payload);
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

unsigned int Dram::transport_dbg(tlm::tlm_generic_payload& payload) {
  if (!config_.store_data || refusal(payload) != tlm::TLM_OK_RESPONSE) return 0;
  move_data(payload);
  return payload.get_data_length();
}

void Dram::move_data(tlm::tlm_generic_payload& payload) {
  if (payload.is_read()) {
    contents_.read(payload.get_address(), payload.get_data_ptr(), payload.get_data_length());
  } else {
    contents_.write(payload.get_address(), payload.get_data_ptr(), payload.get_data_length());
  }
}

}  // namespace anda
