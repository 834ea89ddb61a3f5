// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_LINK_ROUTER_H
#define ANDA_LINK_ROUTER_H

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>
#include <vector>

#include <anda/link/link_message.h>
#include <anda/link/packet_access.h>

namespace anda {

/// Where links meet: a node's, or a switch. Takes packets (writes) at its inputs, stores each until it has arrived as a
/// whole, and passes it on at the output that its table names for the node in the address. An output serves the inputs
/// in turn, a packet each, and those of an input in their order.
///
/// A packet for the router's own node goes through at once, with its delay. Packets from links are always taken: there
/// is no backpressure between routers, and none wait for each other in a circle. A packet from the node waits, in its
/// b_transport, until the one before it has left; each output to a link has an input of the node of its own.
class Router : public sc_core::sc_module {
 public:
  struct Ports {
    std::uint32_t from_links = 0;  ///< inputs, the first ones
    std::uint32_t from_node = 0;   ///< inputs behind them
    std::uint32_t to_links = 0;    ///< outputs, the first ones
    bool to_node = false;          ///< whether there is one more
  };

  sc_core::sc_vector<tlm_utils::simple_target_socket_tagged<Router>> in;
  sc_core::sc_vector<tlm_utils::simple_initiator_socket<Router>> out;

  /// `table`: the output for each node.
  Router(sc_core::sc_module_name name, const Ports& ports, std::vector<std::uint32_t> table);

 private:
  struct Input {
    std::deque<Packet> packets;
    sc_core::sc_event taken;
  };
  struct Output {
    std::map<std::uint32_t, Input> inputs;  // those that have had packets for it
    std::uint32_t last = 0;                 // input that was served
    sc_core::sc_event arrived;
  };

  void b_transport(int port, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned int transport_dbg(int port, tlm::tlm_generic_payload& payload);
  bool routes(const tlm::tlm_generic_payload& payload) const {
    return node_of(payload.get_address()) < table_.size() && table_[node_of(payload.get_address())] < out.size();
  }
  void run(std::uint32_t number);
  static Input* choose(Output& output);
  static std::uint64_t next_ready(const Output& output);

  Ports ports_;
  std::vector<std::uint32_t> table_;
  std::vector<std::unique_ptr<Output>> outputs_;
};

}  // namespace anda

#endif
