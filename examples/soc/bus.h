// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_EXAMPLES_SOC_BUS_H
#define ANDA_EXAMPLES_SOC_BUS_H

#include <cstdint>
#include <deque>
#include <map>
#include <systemc>
#include <tlm>
#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/multi_passthrough_target_socket.h>
#include <tlm_utils/peq_with_cb_and_phase.h>
#include <unordered_map>
#include <utility>
#include <vector>

namespace soc {

/// Routes each transaction to the target whose range contains it, with the address relative to the start of the range.
/// Supports b_transport, debug access and the four phases; responses return to the initiator of the request. The bus
/// delays each request by its latency. Each target has one pending request and each initiator one pending response;
/// others wait in order of arrival. END_REQ is forwarded from the target, so the initiator waits, too.
class Bus : public sc_core::sc_module {
 public:
  tlm_utils::multi_passthrough_target_socket<Bus> in;
  tlm_utils::multi_passthrough_initiator_socket<Bus> out;  ///< bound in the order of the ranges

  struct Range {
    std::uint64_t base;
    std::uint64_t bytes;
  };

  Bus(sc_core::sc_module_name name, std::vector<Range> ranges, sc_core::sc_time latency)
      : sc_module(name),
        in("in"),
        out("out"),
        ranges_(std::move(ranges)),
        latency_(latency),
        phases_(this, &Bus::on_phase) {
    in.register_b_transport(this, &Bus::b_transport);
    in.register_transport_dbg(this, &Bus::transport_dbg);
    in.register_nb_transport_fw(this, &Bus::nb_transport_fw);
    out.register_nb_transport_bw(this, &Bus::nb_transport_bw);
  }

 private:
  using Payload = tlm::tlm_generic_payload;

  /// Index of the target; -1 if no range contains the whole transaction.
  int target_of(const Payload& payload) const {
    const std::uint64_t address = payload.get_address();
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
      const Range& range = ranges_[i];
      if (address >= range.base && address - range.base < range.bytes &&
          payload.get_data_length() <= range.bytes - (address - range.base)) {
        return static_cast<int>(i);
      }
    }
    return -1;
  }

  std::uint64_t base_of(int target) const { return ranges_[static_cast<std::size_t>(target)].base; }

  void b_transport(int, Payload& payload, sc_core::sc_time& delay) {
    const std::uint64_t address = payload.get_address();
    const int target = target_of(payload);
    if (target < 0) return payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    delay += latency_;
    payload.set_address(address - base_of(target));
    out[target]->b_transport(payload, delay);
    payload.set_address(address);
  }

  unsigned int transport_dbg(int, Payload& payload) {
    const std::uint64_t address = payload.get_address();
    const int target = target_of(payload);
    if (target < 0) return 0;
    payload.set_address(address - base_of(target));
    const unsigned int moved = out[target]->transport_dbg(payload);
    payload.set_address(address);
    return moved;
  }

  // The four phases. Each is handled when it is due, so an annotated delay has the same effect as a later call.

  /// Initiator and target of a transaction, and its original address.
  struct Route {
    int initiator;
    int target;
    std::uint64_t address;
    bool over_at_target = false;  // the target expects no END_RESP
  };

  /// Transactions of which one at a time may be between BEGIN and END of a request or response.
  struct Queue {
    std::deque<Payload*> waiting;
    Payload* under_way = nullptr;

    /// Starts and returns the next transaction; nullptr if none may start.
    Payload* next() {
      if (under_way != nullptr || waiting.empty()) return nullptr;
      under_way = waiting.front();
      waiting.pop_front();
      return under_way;
    }
  };

  tlm::tlm_sync_enum nb_transport_fw(int initiator, Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
    if (phase == tlm::BEGIN_REQ) {
      payload.acquire();
      routes_[&payload] = {initiator, target_of(payload), payload.get_address()};
      phases_.notify(payload, phase, delay + latency_);
    } else if (phase == tlm::END_RESP) {
      phases_.notify(payload, phase, delay);
    }
    return tlm::TLM_ACCEPTED;
  }

  tlm::tlm_sync_enum nb_transport_bw(int, Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
    if (phase == tlm::END_REQ || phase == tlm::BEGIN_RESP) phases_.notify(payload, phase, delay);
    return tlm::TLM_ACCEPTED;
  }

  void on_phase(Payload& payload, const tlm::tlm_phase& phase) {
    Route& route = routes_.at(&payload);
    if (phase == tlm::BEGIN_REQ && route.target >= 0) {
      requests_[route.target].waiting.push_back(&payload);
      send_request(route.target);
    } else if (phase == tlm::BEGIN_REQ) {
      payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
      route.over_at_target = true;
      responses_[route.initiator].waiting.push_back(&payload);
      send_response(route.initiator);
    } else if (phase == tlm::END_REQ) {
      tlm::tlm_phase ended = tlm::END_REQ;
      sc_core::sc_time delay;
      in[route.initiator]->nb_transport_bw(payload, ended, delay);
      end_request(payload, route.target);
    } else if (phase == tlm::BEGIN_RESP) {
      payload.set_address(route.address);
      responses_[route.initiator].waiting.push_back(&payload);
      send_response(route.initiator);
      end_request(payload, route.target);  // if END_REQ was omitted
    } else {
      end_response(payload, route);
    }
  }

  void send_request(int target) {
    Payload* const payload = requests_[target].next();
    if (payload == nullptr) return;
    payload->set_address(payload->get_address() - base_of(target));
    tlm::tlm_phase phase = tlm::BEGIN_REQ;
    sc_core::sc_time delay;
    const tlm::tlm_sync_enum status = out[target]->nb_transport_fw(*payload, phase, delay);
    if (status == tlm::TLM_ACCEPTED) return;
    if (status == tlm::TLM_COMPLETED) {
      routes_.at(payload).over_at_target = true;
      phase = tlm::BEGIN_RESP;
    }
    phases_.notify(*payload, phase, delay);
  }

  void end_request(const Payload& payload, int target) {
    Queue& queue = requests_[target];
    if (queue.under_way != &payload) return;
    queue.under_way = nullptr;
    send_request(target);
  }

  void send_response(int initiator) {
    Payload* const payload = responses_[initiator].next();
    if (payload == nullptr) return;
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay;
    const tlm::tlm_sync_enum status = in[initiator]->nb_transport_bw(*payload, phase, delay);
    if (status != tlm::TLM_ACCEPTED) phases_.notify(*payload, tlm::END_RESP, delay);
  }

  void end_response(Payload& payload, const Route& route) {
    const int initiator = route.initiator;
    if (!route.over_at_target) {
      tlm::tlm_phase phase = tlm::END_RESP;
      sc_core::sc_time delay;
      out[route.target]->nb_transport_fw(payload, phase, delay);
    }
    responses_[initiator].under_way = nullptr;
    routes_.erase(&payload);
    payload.release();
    send_response(initiator);
  }

  std::vector<Range> ranges_;
  sc_core::sc_time latency_;
  tlm_utils::peq_with_cb_and_phase<Bus> phases_;
  std::unordered_map<const Payload*, Route> routes_;
  std::map<int, Queue> requests_;   // by target
  std::map<int, Queue> responses_;  // by initiator
};

}  // namespace soc

#endif
