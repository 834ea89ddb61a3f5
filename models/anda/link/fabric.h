// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_LINK_FABRIC_H
#define ANDA_LINK_FABRIC_H

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <unordered_map>
#include <vector>

#include <anda/energy/counters.h>
#include <anda/link/link.h>
#include <anda/link/link_config.h>
#include <anda/link/link_dma.h>
#include <anda/link/link_message.h>
#include <anda/link/router.h>
#include <anda/link/routing.h>
#include <anda/tlm/connect.h>

namespace anda {

struct FabricOptions {
  bool moves_data = true;  ///< between the memories; false: only sizes and times, which costs less
  Connect connect;         ///< makes each binding between two modules; empty: they are bound to each other
};

/// The interconnect of several accelerators: a DMA engine and a router for each node, and links between them.
class Fabric : public sc_core::sc_module {
 public:
  using Message = LinkMessage;

  sc_core::sc_vector<tlm::tlm_initiator_socket<>> memory;  ///< one a node, to its memory

  /// Throws Error (input) if the configuration breaks a rule or there cannot be so many nodes.
  Fabric(sc_core::sc_module_name name, const LinkConfig& config, std::uint32_t nodes,
         const FabricOptions& options = {});

  const LinkConfig& config() const { return config_; }
  const Routing& routing() const { return routing_; }

  /// Sends messages at the same time and waits until the last byte of the last is in its memory; to be called from a
  /// thread, and from several at once if need be. Messages that share a link take turns on it, packet by packet. Those
  /// of 0 bytes take no time.
  ///
  /// Throws Error (input), and sends nothing, if a message is for no node or its own, or its addresses are too large;
  /// Error (run) if a memory refused a packet, when all others have arrived.
  void transfer(const std::vector<Message>& messages);

  /// Sums over links.
  const Counters& counters() const { return counters_; }

  /// The link of routing().edges()[i].
  const Link& link(std::size_t edge) const { return *links_.at(edge); }

 private:
  struct Transfer {
    std::uint64_t packets = 0;  // under way
    std::uint64_t last = 0;     // instant at which the last was over
    std::string refusal;        // the first
    sc_core::sc_event over;
  };

  void check(const std::vector<Message>& messages) const;
  void add_nodes(const FabricOptions& options);
  void add_links(const Connect& connect);
  void ended(std::uint64_t number, std::uint64_t ticks, const std::string& refusal);

  LinkConfig config_;
  Routing routing_;
  std::vector<std::map<std::uint32_t, std::uint32_t>> outputs_;  // of each place, the output to each neighbour
  std::vector<std::uint32_t> inputs_;                            // of each place, the number of links that end there
  std::vector<std::unique_ptr<LinkDma>> dmas_;
  std::vector<std::unique_ptr<Router>> routers_;
  std::vector<std::unique_ptr<Link>> links_;
  std::unordered_map<std::uint64_t, Transfer> transfers_;
  std::uint64_t last_transfer_ = 0;
  LinkCounts counts_;
  Counters counters_;
};

}  // namespace anda

#endif
