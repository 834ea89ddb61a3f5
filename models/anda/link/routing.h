// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_LINK_ROUTING_H
#define ANDA_LINK_ROUTING_H

#include <cstdint>
#include <vector>

#include <anda/link/link_config.h>

namespace anda {

/// Routes between the nodes of a topology. Nodes are places 0 … nodes - 1; a switch is the place after them.
///
/// Ring: the shorter direction; to the opposite node, even nodes go upwards and odd nodes downwards. Switch: up and
/// down. Mesh: node r · columns + c is at row r, column c; packets go along the row first, then along the column (XY),
/// so that there is no cyclic waiting.
class Routing {
 public:
  static constexpr std::uint32_t most_nodes = 1024;

  /// A link from one place to another.
  struct Edge {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
  };

  /// Throws Error (input) if the number of nodes is not 1 … most_nodes.
  Routing(Topology topology, std::uint32_t nodes);

  std::uint32_t nodes() const { return nodes_; }
  std::uint32_t places() const { return places_; }
  const std::vector<Edge>& edges() const { return edges_; }

  /// Mesh dimensions: the two factors of `nodes` closest to each other, the smaller as rows.
  std::uint32_t rows() const { return nodes_ / columns_; }
  std::uint32_t columns() const { return columns_; }

  /// The next place after `at` on the route to `to`, a different node.
  std::uint32_t next(std::uint32_t at, std::uint32_t to) const;

  /// All places on the route from one node to another, both included.
  std::vector<std::uint32_t> path(std::uint32_t from, std::uint32_t to) const;

  /// The nodes in the order of a cycle in which neighbours are linked. A mesh has such a cycle if one side is even and
  /// neither is 1; otherwise its nodes are ordered row by row, back and forth, and the route from the last to the first
  /// is longer.
  std::vector<std::uint32_t> cycle() const;

 private:
  void link(std::uint32_t from, std::uint32_t to) { edges_.push_back({from, to}); }
  void link_mesh();

  Topology topology_;
  std::uint32_t nodes_;
  std::uint32_t places_;
  std::uint32_t columns_ = 1;
  std::vector<Edge> edges_;
};

}  // namespace anda

#endif
