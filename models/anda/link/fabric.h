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
  bool moves_data = true;  ///< move data between the memories; false: only sizes and times, which is faster
  Connect connect;         ///< makes each binding between two modules; empty: binds them directly
};

/// The interconnect of several accelerators: one DMA engine and one router per node, and the links between them.
class Fabric : public sc_core::sc_module {
 public:
  using Message = LinkMessage;

  sc_core::sc_vector<tlm::tlm_initiator_socket<>> memory;  ///< one per node, to its memory

  /// Throws Error (input) if the configuration violates a rule or the number of nodes is not supported.
  Fabric(sc_core::sc_module_name name, const LinkConfig& config, std::uint32_t nodes,
         const FabricOptions& options = {});

  const LinkConfig& config() const { return config_; }
  const Routing& routing() const { return routing_; }

  /// Sends messages concurrently and waits until the last byte of the last one is in memory. Must be called from a
  /// thread; several threads may call it at the same time. Messages that share a link alternate packet by packet.
  /// Messages of 0 bytes take no time.
  ///
  /// Throws Error (input), before sending anything, if a message is addressed to a missing node or to its sender, or
  /// its addresses are too large. Throws Error (run) if a memory refused a packet, after all other packets have
  /// arrived.
  void transfer(const std::vector<Message>& messages);

  /// Counters summed over all links.
  const Counters& counters() const { return counters_; }

  /// The link of routing().edges()[i].
  const Link& link(std::size_t edge) const { return *links_.at(edge); }

 private:
  struct Transfer {
    std::uint64_t packets = 0;  // in progress
    std::uint64_t last = 0;     // instant at which the last packet ended
    std::string refusal;        // the first refusal
    sc_core::sc_event over;
  };

  void check(const std::vector<Message>& messages) const;
  void add_nodes(const FabricOptions& options);
  void add_links(const Connect& connect);
  void ended(std::uint64_t number, std::uint64_t ticks, const std::string& refusal);

  LinkConfig config_;
  Routing routing_;
  std::vector<std::map<std::uint32_t, std::uint32_t>> outputs_;  // for each place, its output to each neighbour
  std::vector<std::uint32_t> inputs_;                            // for each place, the number of links that end there
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
