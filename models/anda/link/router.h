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

/// A junction of links: the router of a node, or a switch. It takes packets (writes) at its inputs, stores each until
/// it has arrived completely, and forwards it to the output that its table gives for the node in the address. An output
/// serves its inputs round-robin, one packet each, and the packets of an input in order.
///
/// A packet for the router's own node passes at once, with its delay. Packets from links are always accepted: without
/// backpressure between routers, there can be no cyclic waiting. A packet from the node waits in its b_transport until
/// the previous one has left; the node has a separate input for each output to a link.
class Router : public sc_core::sc_module {
 public:
  struct Ports {
    std::uint32_t from_links = 0;  ///< number of inputs from links, the first inputs
    std::uint32_t from_node = 0;   ///< number of inputs from the node, after those
    std::uint32_t to_links = 0;    ///< number of outputs to links, the first outputs
    bool to_node = false;          ///< whether there is a further output, to the node
  };

  sc_core::sc_vector<tlm_utils::simple_target_socket_tagged<Router>> in;
  sc_core::sc_vector<tlm_utils::simple_initiator_socket<Router>> out;

  /// `table`: output number for each node.
  Router(sc_core::sc_module_name name, const Ports& ports, std::vector<std::uint32_t> table);

 private:
  struct Input {
    std::deque<Packet> packets;
    sc_core::sc_event taken;
  };
  struct Output {
    std::map<std::uint32_t, Input> inputs;  // inputs that have had packets for this output
    std::uint32_t last = 0;                 // input served last
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
