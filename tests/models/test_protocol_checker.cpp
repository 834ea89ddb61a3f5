// SPDX-License-Identifier: Apache-2.0
#include <anda/base/process.h>
#include <anda/tlm/bus_width_adapter.h>
#include <anda/tlm/protocol_checker.h>

#include <array>
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <systemc>
#include <tlm>
#include <utility>
#include <vector>

#include "models/payload_pool.h"

using anda::ProtocolChecker;
using anda::ProtocolRule;
using tlm::tlm_phase;
using Payload = tlm::tlm_generic_payload;
using sc_core::sc_time;

namespace {

const sc_time ns(1, sc_core::SC_NS);

/// An initiator and a target without a will of their own, with a checker and two adapters of widths between them. Each
/// call does what the test has put in, or else the simplest legal thing.
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
  /// An answer with a status, as targets give it.
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

tlm::tlm_sync_enum updated_to(tlm_phase& phase, tlm_phase to) {
  phase = to;
  return tlm::TLM_UPDATED;
}

/// Ways to break a rule; each must break that rule and no other.
struct Crime {
  ProtocolRule rule;
  std::function<void(Puppets&)> commit;
};

/// A request whose payload the initiator spoils first.
Crime spoilt(ProtocolRule rule, std::function<void(Payload&)> spoil) {
  return {rule, [spoil = std::move(spoil)](Puppets& p) {
            Payload& payload = p.make();
            spoil(payload);
            p.b_transport_of(payload);
          }};
}

/// The same through the four phases.
Crime spoilt_at(ProtocolRule rule, std::function<void(Payload&)> spoil) {
  return {rule, [spoil = std::move(spoil)](Puppets& p) {
            Payload& payload = p.make();
            spoil(payload);
            p.forward(payload, tlm::BEGIN_REQ);
          }};
}

/// An answer to b_transport that the target spoils.
Crime spoilt_answer(ProtocolRule rule, std::function<void(Payload&, sc_time&)> spoil) {
  return {rule, [spoil = std::move(spoil)](Puppets& p) {
            p.on_b_transport = [spoil](Payload& payload, sc_time& delay) {
              payload.set_response_status(tlm::TLM_OK_RESPONSE);
              spoil(payload, delay);
            };
            p.b_transport_of(p.make(), 5 * ns);
          }};
}

std::vector<Crime> crimes() {
  using Rule = ProtocolRule;
  std::vector<Crime> all;
  const auto add = [&](Crime crime) { all.push_back(std::move(crime)); };

  add(spoilt(Rule::command, [](Payload& p) { p.set_command(static_cast<tlm::tlm_command>(3)); }));
  add(spoilt(Rule::data_pointer, [](Payload& p) { p.set_data_ptr(nullptr); }));
  add(spoilt(Rule::data_length, [](Payload& p) { p.set_data_length(0); }));
  add(spoilt(Rule::byte_enable_length, [](Payload& p) { p.set_byte_enable_ptr(p.get_data_ptr()); }));
  add(spoilt(Rule::streaming_width, [](Payload& p) { p.set_streaming_width(0); }));
  add(spoilt(Rule::initial_status, [](Payload& p) { p.set_response_status(tlm::TLM_OK_RESPONSE); }));
  add(spoilt(Rule::initial_dmi_hint, [](Payload& p) { p.set_dmi_allowed(true); }));
  add(spoilt_at(Rule::data_length, [](Payload& p) { p.set_data_length(0); }));
  add(spoilt_at(Rule::reference_count, [](Payload& p) { p.release(); }));
  add({Rule::data_pointer, [](Puppets& p) {
         Payload& payload = p.make();
         payload.set_data_ptr(nullptr);
         p.debug(payload);
       }});
  add({Rule::memory_manager, [](Puppets& p) {
         Payload payload;
         p.fill(payload);
         p.on_forward = [](Payload& of, tlm_phase&, sc_time&) {
           of.set_response_status(tlm::TLM_OK_RESPONSE);
           return tlm::TLM_COMPLETED;
         };
         p.forward(payload, tlm::BEGIN_REQ);
       }});
  add({Rule::payload_reused, [](Puppets& p) {
         Payload& payload = p.make();
         p.forward(payload, tlm::BEGIN_REQ);
         p.backward(payload, tlm::END_REQ);
         p.forward(payload, tlm::BEGIN_REQ);
       }});
  add({Rule::payload_reused, [](Puppets& p) {
         Payload& payload = p.make();
         p.on_b_transport = [&p, first = true](Payload& of, sc_time&) mutable {
           if (std::exchange(first, false)) p.b_transport_of(of);
           of.set_response_status(tlm::TLM_OK_RESPONSE);
         };
         p.b_transport_of(payload);
       }});

  add(spoilt_answer(Rule::final_status,
                    [](Payload& p, sc_time&) { p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE); }));
  add(spoilt_answer(Rule::attributes_changed, [](Payload& p, sc_time&) { p.set_data_length(8); }));
  add(spoilt_answer(Rule::attributes_changed, [](Payload& p, sc_time&) { p.set_read(); }));
  add(spoilt_answer(Rule::attributes_changed, [](Payload& p, sc_time&) { p.set_streaming_width(4); }));
  add(spoilt_answer(Rule::delay_decreased, [](Payload&, sc_time& delay) { delay = ns; }));
  add({Rule::final_status, [](Puppets& p) {
         Payload& payload = p.make();
         p.forward(payload, tlm::BEGIN_REQ);
         p.backward(payload, tlm::BEGIN_RESP);
       }});
  add({Rule::attributes_changed, [](Puppets& p) {
         Payload& payload = p.make();
         p.forward(payload, tlm::BEGIN_REQ);
         payload.set_data_ptr(p.data.data() + 1);
         p.respond(payload);
       }});
  add({Rule::debug_bytes, [](Puppets& p) {
         p.on_debug = [](Payload&) { return 17u; };
         p.debug(p.make());
       }});
  add({Rule::dmi_region, [](Puppets& p) {
         p.on_dmi = [](Payload&, tlm::tlm_dmi& dmi) {
           dmi.set_start_address(0x41);
           return false;
         };
         p.dmi(p.make());
       }});
  add({Rule::dmi_region, [](Puppets& p) {
         p.on_dmi = [](Payload&, tlm::tlm_dmi& dmi) {
           dmi.allow_read_write();
           return true;  // without a pointer
         };
         p.dmi(p.make());
       }});
  add({Rule::dmi_region, [](Puppets& p) {
         p.on_dmi = [&p](Payload&, tlm::tlm_dmi& dmi) {
           dmi.set_dmi_ptr(p.data.data());
           dmi.allow_none();
           return true;
         };
         p.dmi(p.make());
       }});
  add({Rule::invalidated_region, [](Puppets& p) { p.invalidate(2, 1); }});

  add({Rule::reference_count, [](Puppets& p) {
         Payload& payload = p.make();
         p.forward(payload, tlm::BEGIN_REQ);
         payload.release();
         p.backward(payload, tlm::END_REQ);
       }});
  add({Rule::phase_direction, [](Puppets& p) { p.forward(p.make(), tlm::BEGIN_RESP); }});
  add({Rule::phase_direction, [](Puppets& p) { p.backward(p.make(), tlm::END_RESP); }});
  add({Rule::phase_order, [](Puppets& p) { p.backward(p.make(), tlm::END_REQ); }});
  add({Rule::phase_order, [](Puppets& p) { p.forward(p.make(), tlm::END_RESP); }});
  add({Rule::phase_order, [](Puppets& p) {
         Payload& payload = p.make();
         p.forward(payload, tlm::BEGIN_REQ);
         p.backward(payload, tlm::END_REQ);
         p.backward(payload, tlm::END_REQ);
       }});
  add({Rule::phase_order, [](Puppets& p) {
         Payload& payload = p.make();
         p.forward(payload, tlm::BEGIN_REQ);
         p.respond(payload);
         p.backward(payload, tlm::END_REQ);
       }});
  add({Rule::phase_order, [](Puppets& p) {
         Payload& payload = p.make();
         p.forward(payload, tlm::BEGIN_REQ);
         p.forward(payload, tlm::END_RESP);
       }});
  add({Rule::phase_order, [](Puppets& p) {
         Payload& payload = p.make();
         p.on_backward = [](Payload&, tlm_phase&, sc_time&) { return tlm::TLM_COMPLETED; };
         p.forward(payload, tlm::BEGIN_REQ);
         p.respond(payload);
         p.respond(payload);
       }});
  add({Rule::request_exclusion, [](Puppets& p) {
         p.forward(p.make(), tlm::BEGIN_REQ);
         p.forward(p.make(), tlm::BEGIN_REQ);
       }});
  add({Rule::response_exclusion, [](Puppets& p) {
         Payload& first = p.make();
         Payload& second = p.make();
         p.forward(first, tlm::BEGIN_REQ);
         p.backward(first, tlm::END_REQ);
         p.forward(second, tlm::BEGIN_REQ);
         p.respond(first);
         p.respond(second);
       }});
  add({Rule::return_value, [](Puppets& p) {
         p.on_forward = [](Payload&, tlm_phase& phase, sc_time&) { return updated_to(phase, tlm::END_RESP); };
         p.forward(p.make(), tlm::BEGIN_REQ);
       }});
  add({Rule::return_value, [](Puppets& p) {
         Payload& payload = p.make();
         p.forward(payload, tlm::BEGIN_REQ);
         p.on_backward = [](Payload&, tlm_phase&, sc_time&) { return tlm::TLM_UPDATED; };
         p.respond(payload);
       }});
  add({Rule::return_value, [](Puppets& p) {
         Payload& payload = p.make();
         p.forward(payload, tlm::BEGIN_REQ);
         p.on_backward = [](Payload&, tlm_phase&, sc_time&) { return tlm::TLM_COMPLETED; };
         p.backward(payload, tlm::END_REQ);
       }});
  add({Rule::return_value, [](Puppets& p) {
         Payload& payload = p.make();
         p.forward(payload, tlm::BEGIN_REQ);
         p.respond(payload);
         p.on_forward = [](Payload&, tlm_phase&, sc_time&) { return tlm::TLM_UPDATED; };
         p.forward(payload, tlm::END_RESP);
       }});
  add({Rule::changed_though_accepted, [](Puppets& p) {
         p.on_forward = [](Payload&, tlm_phase& phase, sc_time&) {
           phase = tlm::END_REQ;
           return tlm::TLM_ACCEPTED;
         };
         p.forward(p.make(), tlm::BEGIN_REQ);
       }});
  add({Rule::changed_though_accepted, [](Puppets& p) {
         Payload& payload = p.make();
         p.forward(payload, tlm::BEGIN_REQ);
         p.on_backward = [](Payload&, tlm_phase&, sc_time& delay) {
           delay = ns;
           return tlm::TLM_ACCEPTED;
         };
         p.respond(payload);
       }});
  add({Rule::annotation_order, [](Puppets& p) {
         Payload& payload = p.make();
         p.forward(payload, tlm::BEGIN_REQ, 3 * ns);
         p.backward(payload, tlm::END_REQ, 2 * ns);
       }});
  add({Rule::annotation_order, [](Puppets& p) {
         Payload& payload = p.make();
         p.forward(payload, tlm::BEGIN_REQ);
         p.respond(payload, 4 * ns);
         p.forward(payload, tlm::END_RESP, ns);
       }});
  add({Rule::delay_decreased, [](Puppets& p) {
         p.on_forward = [](Payload& payload, tlm_phase&, sc_time& delay) {
           payload.set_response_status(tlm::TLM_OK_RESPONSE);
           delay = sc_core::SC_ZERO_TIME;
           return tlm::TLM_COMPLETED;
         };
         p.forward(p.make(), tlm::BEGIN_REQ, ns);
       }});
  add({Rule::delay_decreased, [](Puppets& p) {
         Payload& payload = p.make();
         p.forward(payload, tlm::BEGIN_REQ);
         p.on_backward = [](Payload&, tlm_phase&, sc_time& delay) {
           delay = sc_core::SC_ZERO_TIME;
           return tlm::TLM_COMPLETED;
         };
         p.respond(payload, ns);
       }});
  add({Rule::waited, [](Puppets& p) {
         p.on_debug = [](Payload&) {
           sc_core::wait(ns);
           return 0u;
         };
         p.debug(p.make());
       }});
  add({Rule::waited, [](Puppets& p) {
         p.on_forward = [](Payload&, tlm_phase&, sc_time&) {
           sc_core::wait(ns);
           return tlm::TLM_ACCEPTED;
         };
         p.forward(p.make(), tlm::BEGIN_REQ);
       }});
  add({Rule::waited, [](Puppets& p) {
         p.on_dmi = [](Payload&, tlm::tlm_dmi&) {
           sc_core::wait(ns);
           return false;
         };
         p.dmi(p.make());
       }});
  add({Rule::unanswered, [](Puppets& p) {
         p.forward(p.make(), tlm::BEGIN_REQ);
         p.finish();
       }});
  return all;
}

}  // namespace

TEST_CASE("Every rule of the protocol checker fires when it is broken, and no other does") {
  std::vector<Crime> list = crimes();
  std::vector<std::unique_ptr<Puppets>> puppets;
  for (const Crime& crime : list) {
    puppets.push_back(std::make_unique<Puppets>());
    Puppets& stage = *puppets.back();
    stage.script = [&crime, &stage] { crime.commit(stage); };
  }
  sc_core::sc_start();
  std::set<ProtocolRule> fired;
  for (std::size_t i = 0; i < list.size(); ++i) {
    CAPTURE(i, anda::name_of(anda::protocol_rules, list[i].rule));
    CHECK(puppets[i]->broken() == std::set<ProtocolRule>{list[i].rule});
    fired.insert(list[i].rule);
  }
  for (const auto& rule : anda::protocol_rules) {
    CAPTURE(rule.name);
    CHECK(fired.count(rule.value) == 1);
  }
}

TEST_CASE("The protocol checker takes every legal way through the phases") {
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

TEST_CASE("A violation ends the simulation with an error of SystemC unless it is only to be noted") {
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
