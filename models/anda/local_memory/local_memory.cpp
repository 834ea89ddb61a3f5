// SPDX-License-Identifier: Apache-2.0
#include <anda/local_memory/local_memory.h>

#include <algorithm>

#include <anda/base/math.h>
#include <anda/base/simulated_time.h>
#include <anda/control/register_map.h>
#include <anda/tlm/target_access.h>

namespace anda {

namespace {

bool is_local(const tlm::tlm_generic_payload& payload) { return payload.get_address() >= ANDA_LOCAL_MEMORY; }

}  // namespace

LocalMemory::LocalMemory(sc_core::sc_module_name name, const LocalMemoryConfig& config, const Clock& clock)
    : sc_module(name), dma("dma"), memory("memory"), config_(config), clock_(clock) {
  tlm::tlm_fw_transport_if<>& forward = *this;
  tlm::tlm_bw_transport_if<>& backward = *this;
  dma.bind(forward);
  memory.bind(backward);
  counters_.add("local_memory.read_bytes", "bytes", "bytes read from the local memory", read_bytes_);
  counters_.add("local_memory.write_bytes", "bytes", "bytes written to the local memory", write_bytes_);
}

unsigned int LocalMemory::move(tlm::tlm_generic_payload& payload) {
  const std::uint64_t address = payload.get_address() - ANDA_LOCAL_MEMORY;
  if (payload.is_read()) {
    contents_.read(address, payload.get_data_ptr(), payload.get_data_length());
  } else {
    contents_.write(address, payload.get_data_ptr(), payload.get_data_length());
  }
  return payload.get_data_length();
}

void LocalMemory::serve(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const std::uint64_t address = payload.get_address();
  payload.set_address(address - ANDA_LOCAL_MEMORY);
  const tlm::tlm_response_status status = refusal(payload, {config_.bytes, 1, false});
  payload.set_address(address);
  payload.set_response_status(status);
  if (status != tlm::TLM_OK_RESPONSE) return;
  move(payload);

  const std::uint64_t bits = std::uint64_t{payload.get_data_length()} * 8;
  (payload.is_read() ? read_bytes_ : write_bytes_) += payload.get_data_length();
  const std::uint64_t now = sc_core::sc_time_stamp().value();
  const std::uint64_t whole_cycles = clock_.ticks(bits / config_.bits_per_cycle);
  const std::uint64_t rest = ceil_div(bits % config_.bits_per_cycle * clock_.ticks(1), config_.bits_per_cycle);
  free_ = later(std::max(free_, later(now, delay.value())), whole_cycles + rest);
  delay = sc_core::sc_time::from_value(free_ - now);
}

void LocalMemory::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  if (is_local(payload)) {
    serve(payload, delay);
  } else {
    memory->b_transport(payload, delay);
  }
}

tlm::tlm_sync_enum LocalMemory::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                sc_core::sc_time& delay) {
  if (!is_local(payload)) return memory->nb_transport_fw(payload, phase, delay);
  if (phase == tlm::BEGIN_REQ) serve(payload, delay);
  return tlm::TLM_COMPLETED;
}

tlm::tlm_sync_enum LocalMemory::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                sc_core::sc_time& delay) {
  return dma->nb_transport_bw(payload, phase, delay);
}

unsigned int LocalMemory::transport_dbg(tlm::tlm_generic_payload& payload) {
  if (!is_local(payload)) return memory->transport_dbg(payload);
  const std::uint64_t address = payload.get_address() - ANDA_LOCAL_MEMORY;
  const bool fits = payload.get_data_ptr() != nullptr && address < config_.bytes &&
                    payload.get_data_length() <= config_.bytes - address && (payload.is_read() || payload.is_write());
  return fits ? move(payload) : 0;
}

/// Its port has a time of its own, which direct accesses would pass by.
bool LocalMemory::get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
  return !is_local(payload) && memory->get_direct_mem_ptr(payload, dmi);
}

void LocalMemory::invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) {
  dma->invalidate_direct_mem_ptr(start, end);
}

}  // namespace anda
