// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_LINK_MEMORY_JUNCTION_H
#define ANDA_LINK_MEMORY_JUNCTION_H

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>

namespace anda {

/// Connects two masters to a memory with one socket: an accelerator, with the full interface that its DMA uses, and a
/// Fabric, which only calls b_transport. Every call passes through unchanged, in zero time.
///
///   accelerator.memory.bind(junction.accelerator);
///   fabric.memory[0].bind(junction.fabric);
///   junction.memory.bind(dram.socket);
class MemoryJunction : public sc_core::sc_module,
                       private tlm::tlm_fw_transport_if<>,
                       private tlm::tlm_bw_transport_if<> {
 public:
  tlm::tlm_target_socket<> accelerator;
  tlm_utils::simple_target_socket<MemoryJunction> fabric;
  tlm::tlm_initiator_socket<> memory;

  explicit MemoryJunction(sc_core::sc_module_name name)
      : sc_module(name), accelerator("accelerator"), fabric("fabric"), memory("memory") {
    tlm::tlm_fw_transport_if<>& forward = *this;
    tlm::tlm_bw_transport_if<>& backward = *this;
    accelerator.bind(forward);
    memory.bind(backward);
    fabric.register_b_transport(this, &MemoryJunction::b_transport);
    fabric.register_transport_dbg(this, &MemoryJunction::transport_dbg);
  }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override {
    memory->b_transport(payload, delay);
  }
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override {
    return memory->nb_transport_fw(payload, phase, delay);
  }
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override {
    return accelerator->nb_transport_bw(payload, phase, delay);
  }
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload) override { return memory->transport_dbg(payload); }
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) override {
    return memory->get_direct_mem_ptr(payload, dmi);
  }
  void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) override {
    accelerator->invalidate_direct_mem_ptr(start, end);
  }
};

}  // namespace anda

#endif
