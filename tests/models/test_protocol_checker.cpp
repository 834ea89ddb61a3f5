// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "models/puppets.h"

using anda::ProtocolChecker;
using anda::ProtocolRule;
using namespace anda::test;

TEST_CASE("The protocol checker accepts every legal sequence of phases") {
  Puppets p;
  TLM_DECLARE_EXTENDED_PHASE(extra_phase);
  p.script = [&p] {
    const auto completed = [](Payload& payload, tlm_phase&, sc_time& delay) {
      payload.set_response_status(tlm::TLM_OK_RESPONSE);
      delay += ns;
      return tlm::TLM_COMPLETED;
    };
    const auto accepted = p.on_forward;

    p.on_forward = completed;  // all at once
    p.forward(p.make(), tlm::BEGIN_REQ);

    p.on_forward = [](Payload& payload, tlm_phase& phase, sc_time& delay) {  // the answer comes with the request
      if (phase == tlm::END_RESP) return tlm::TLM_COMPLETED;
      payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
      delay += 2 * ns;
      return updated_to(phase, tlm::BEGIN_RESP);
    };
    Payload& early = p.make();
    p.forward(early, tlm::BEGIN_REQ);
    p.forward(early, tlm::END_RESP, 2 * ns);

    p.on_forward = [](Payload&, tlm_phase& phase, sc_time&) { return updated_to(phase, tlm::END_REQ); };
    Payload& first = p.make();
    Payload& second = p.make();
    p.forward(first, tlm::BEGIN_REQ);
    p.forward(second, tlm::BEGIN_REQ);
    p.on_forward = accepted;
    p.forward(first, extra_phase);  // of a protocol that is not this one
    p.on_backward = [](Payload&, tlm_phase& phase, sc_time&) { return updated_to(phase, tlm::END_RESP); };
    p.respond(second);  // in another order
    p.on_backward = [](Payload&, tlm_phase&, sc_time&) { return tlm::TLM_ACCEPTED; };
    p.respond(first);
    p.forward(first, tlm::END_RESP);

    Payload& skipped = p.make();  // BEGIN_RESP stands for END_REQ
    p.forward(skipped, tlm::BEGIN_REQ, ns);
    p.on_backward = [](Payload&, tlm_phase&, sc_time&) { return tlm::TLM_COMPLETED; };
    p.respond(skipped, 3 * ns);
    p.forward(skipped, tlm::BEGIN_REQ, ns);  // answered, so it may be sent again, once its status is set back
    p.respond(skipped, 3 * ns);

    Payload& nothing = p.make();
    nothing.set_command(tlm::TLM_IGNORE_COMMAND);
    nothing.set_data_length(0);
    nothing.set_data_ptr(nullptr);
    p.b_transport_of(nothing);
    p.on_b_transport = [](Payload& payload, sc_time& delay) {
      sc_core::wait(delay);
      delay = sc_core::SC_ZERO_TIME;
      payload.set_address(7);  // as interconnects do
      payload.set_response_status(tlm::TLM_OK_RESPONSE);
    };
    p.b_transport_of(p.make(), 3 * ns);
    p.debug(p.make());
    p.dmi(p.make());
    p.invalidate(0, 0);
    p.finish();
  };
  sc_core::sc_start();
  // But for the one payload that was sent again with the status of its first answer.
  CHECK(p.broken() == std::set<ProtocolRule>{ProtocolRule::initial_status});
  CHECK(p.checker.violations().size() == 1);
  CHECK(p.checker.violations()[0].text.find("rule initial_status: write of 16 bytes at 0x40") != std::string::npos);
  CHECK(p.checker.transactions() == 8);
}

TEST_CASE("A violation ends the simulation with a SystemC error unless it is only recorded") {
  class Pair : public sc_core::sc_module, tlm::tlm_fw_transport_if<>, tlm::tlm_bw_transport_if<> {
   public:
    tlm::tlm_initiator_socket<> initiator{"initiator"};
    ProtocolChecker<> checker{"checker"};
    tlm::tlm_target_socket<> target{"target"};
    explicit Pair(sc_core::sc_module_name name) : sc_module(name) {
      tlm::tlm_fw_transport_if<>& forward = *this;
      tlm::tlm_bw_transport_if<>& backward = *this;
      initiator.bind(backward);
      target.bind(forward);
      initiator.bind(checker.target);
      checker.initiator.bind(target);
    }

   private:
    void b_transport(Payload&, sc_time&) override {}
    tlm::tlm_sync_enum nb_transport_fw(Payload&, tlm_phase&, sc_time&) override { return tlm::TLM_ACCEPTED; }
    tlm::tlm_sync_enum nb_transport_bw(Payload&, tlm_phase&, sc_time&) override { return tlm::TLM_ACCEPTED; }
    unsigned int transport_dbg(Payload&) override { return 0; }
    bool get_direct_mem_ptr(Payload&, tlm::tlm_dmi&) override { return false; }
    void invalidate_direct_mem_ptr(sc_dt::uint64, sc_dt::uint64) override {}
  } pair("pair");
  Payload payload;
  payload.set_read();
  sc_time delay;
  try {
    pair.initiator->b_transport(payload, delay);
    FAIL("nothing was thrown");
  } catch (const sc_core::sc_report& report) {
    CHECK(std::string(report.get_msg_type()) == "/anda/protocol_checker");
    CHECK(std::string(report.get_msg()).find("pair.checker: rule data_pointer") == 0);
  }
}
