// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TLM_BUS_WIDTH_ADAPTER_H
#define ANDA_TLM_BUS_WIDTH_ADAPTER_H

#include <systemc>
#include <tlm>

namespace anda {

/// Connects sockets of different bus widths. The sockets of this library have the standard's default width of 32 bits;
/// SystemC does not bind sockets of other widths to them, although the width does not affect the form of a transaction.
/// Every call passes through unchanged, in zero time.
///
///   BusWidthAdapter<32, 512> adapter("adapter");
///   accelerator.memory.bind(adapter.target);
///   adapter.initiator.bind(bus.target);      // of 512 bits
template <unsigned int FROM, unsigned int TO>
class BusWidthAdapter : public sc_core::sc_module,
                        private tlm::tlm_fw_transport_if<>,
                        private tlm::tlm_bw_transport_if<> {
 public:
  tlm::tlm_target_socket<FROM> target;      ///< towards the initiator
  tlm::tlm_initiator_socket<TO> initiator;  ///< towards the target

  explicit BusWidthAdapter(sc_core::sc_module_name name) : sc_module(name), target("target"), initiator("initiator") {
    tlm::tlm_fw_transport_if<>& forward = *this;
    tlm::tlm_bw_transport_if<>& backward = *this;
    target.bind(forward);
    initiator.bind(backward);
  }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override {
    initiator->b_transport(payload, delay);
  }
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override {
    return initiator->nb_transport_fw(payload, phase, delay);
  }
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override {
    return target->nb_transport_bw(payload, phase, delay);
  }
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload) override { return initiator->transport_dbg(payload); }
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) override {
    return initiator->get_direct_mem_ptr(payload, dmi);
  }
  void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) override {
    target->invalidate_direct_mem_ptr(start, end);
  }
};

}  // namespace anda

#endif
