// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <set>
#include <utility>
#include <vector>

#include "models/puppets.h"

using anda::ProtocolRule;
using namespace anda::test;

namespace {

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
