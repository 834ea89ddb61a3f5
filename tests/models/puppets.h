// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TESTS_MODELS_PUPPETS_H
#define ANDA_TESTS_MODELS_PUPPETS_H

#include <array>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <systemc>
#include <tlm>
#include <utility>
#include <vector>

#include <anda/base/process.h>
#include <anda/tlm/bus_width_adapter.h>
#include <anda/tlm/protocol_checker.h>

#include "models/payload_pool.h"

namespace anda::test {

using tlm::tlm_phase;
using Payload = tlm::tlm_generic_payload;
using sc_core::sc_time;

inline const sc_time ns(1, sc_core::SC_NS);

/// A scripted initiator and target, with a checker between two bus width adapters. Each call runs the handler set by
/// the test, by default the simplest legal behaviour.
class Puppets : public sc_core::sc_module, tlm::tlm_fw_transport_if<>, tlm::tlm_bw_transport_if<> {
 public:
  tlm::tlm_initiator_socket<32> initiator{"initiator"};
  tlm::tlm_target_socket<32> target{"target"};
  ProtocolChecker<64> checker{"checker"};
  anda::BusWidthAdapter<32, 64> widen{"widen"};
  anda::BusWidthAdapter<64, 32> narrow{"narrow"};
  anda::test::PayloadPool pool;
  std::array<unsigned char, 64> data{};

  using Transport = std::function<tlm::tlm_sync_enum(Payload&, tlm_phase&, sc_time&)>;
  std::function<void(Payload&, sc_time&)> on_b_transport = [](Payload& payload, sc_time&) {
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  };
  Transport on_forward = [](Payload&, tlm_phase&, sc_time&) { return tlm::TLM_ACCEPTED; };
  Transport on_backward = [](Payload&, tlm_phase&, sc_time&) { return tlm::TLM_ACCEPTED; };
  std::function<unsigned int(Payload&)> on_debug = [](Payload& payload) { return payload.get_data_length(); };
  std::function<bool(Payload&, tlm::tlm_dmi&)> on_dmi = [](Payload&, tlm::tlm_dmi&) { return false; };
  std::function<void()> script;

  explicit Puppets(sc_core::sc_module_name name = sc_core::sc_gen_unique_name("puppets")) : sc_module(name) {
    ANDA_HAS_PROCESS(Puppets);
    SC_THREAD(run);
    tlm::tlm_fw_transport_if<>& forward_if = *this;
    tlm::tlm_bw_transport_if<>& backward_if = *this;
    initiator.bind(backward_if);
    target.bind(forward_if);
    initiator.bind(widen.target);
    widen.initiator.bind(checker.target);
    checker.initiator.bind(narrow.target);
    narrow.initiator.bind(target);
    checker.collect();
  }

  Payload& make() {
    Payload& payload = pool.make();
    fill(payload);
    return payload;
  }
  void fill(Payload& payload) {
    payload.set_write();
    payload.set_address(0x40);
    payload.set_data_ptr(data.data());
    payload.set_data_length(16);
    payload.set_streaming_width(16);
  }

  void b_transport_of(Payload& payload, sc_time delay = sc_core::SC_ZERO_TIME) {
    initiator->b_transport(payload, delay);
  }
  tlm::tlm_sync_enum forward(Payload& payload, tlm_phase phase, sc_time delay = sc_core::SC_ZERO_TIME) {
    return initiator->nb_transport_fw(payload, phase, delay);
  }
  tlm::tlm_sync_enum backward(Payload& payload, tlm_phase phase, sc_time delay = sc_core::SC_ZERO_TIME) {
    return target->nb_transport_bw(payload, phase, delay);
  }
  /// Sends BEGIN_RESP with an OK status.
  tlm::tlm_sync_enum respond(Payload& payload, sc_time delay = sc_core::SC_ZERO_TIME) {
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    return backward(payload, tlm::BEGIN_RESP, delay);
  }
  unsigned int debug(Payload& payload) { return initiator->transport_dbg(payload); }
  void dmi(Payload& payload) {
    tlm::tlm_dmi unused;
    initiator->get_direct_mem_ptr(payload, unused);
  }
  void invalidate(std::uint64_t start, std::uint64_t end) { target->invalidate_direct_mem_ptr(start, end); }
  void finish() { checker.finish(); }

  std::set<ProtocolRule> broken() const {
    std::set<ProtocolRule> rules;
    for (const auto& violation : checker.violations()) rules.insert(violation.rule);
    return rules;
  }

 private:
  void run() {
    if (script) script();
  }
  void b_transport(Payload& payload, sc_time& delay) override { on_b_transport(payload, delay); }
  tlm::tlm_sync_enum nb_transport_fw(Payload& payload, tlm_phase& phase, sc_time& delay) override {
    return on_forward(payload, phase, delay);
  }
  tlm::tlm_sync_enum nb_transport_bw(Payload& payload, tlm_phase& phase, sc_time& delay) override {
    return on_backward(payload, phase, delay);
  }
  unsigned int transport_dbg(Payload& payload) override { return on_debug(payload); }
  bool get_direct_mem_ptr(Payload& payload, tlm::tlm_dmi& dmi) override { return on_dmi(payload, dmi); }
  void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}
};

inline tlm::tlm_sync_enum updated_to(tlm_phase& phase, tlm_phase to) {
  phase = to;
  return tlm::TLM_UPDATED;
}

}  // namespace anda::test

#endif
