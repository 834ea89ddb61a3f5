// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_LINK_COLLECTIVES_H
#define ANDA_LINK_COLLECTIVES_H

#include <cstdint>
#include <vector>

#include <anda/link/link_config.h>
#include <anda/link/link_message.h>

// Collectives as steps, each a list of messages that are sent together (Fabric::transfer). Ring algorithms go round
// Routing::cycle(). Addresses count from the start of a buffer that each node has; add its own to them. One node needs
// no steps. All throw Error (input) if the number of nodes is not one that a Fabric may have, or buffers are too large.

namespace anda {

using CollectiveSteps = std::vector<std::vector<LinkMessage>>;

/// Every node gets the bytes of all: node i has its own at i · bytes_per_node, and in the end everybody's. In each of
/// nodes - 1 steps each node sends on what it got in the step before.
CollectiveSteps all_gather(Topology topology, std::uint32_t nodes, std::uint64_t bytes_per_node);

/// The buffer in parts of FP16 elements, which differ by one element at most; part i, of node i, begins here. Part
/// `nodes` is the end.
std::uint64_t reduction_part(std::uint32_t nodes, std::uint64_t bytes, std::uint32_t part);

/// Every node gets a part of the element-wise sum of all buffers: node i part i. In each of nodes - 1 steps each node
/// sends on a part, which arrives in a second buffer behind the first (at bytes + its place), and is to be added to the
/// first before the next step. Throws Error (input) if bytes are not whole elements.
CollectiveSteps reduce_scatter(Topology topology, std::uint32_t nodes, std::uint64_t bytes);

/// Every node gets the whole sum: the steps of reduce_scatter, and nodes - 1 that gather its parts.
CollectiveSteps all_reduce(Topology topology, std::uint32_t nodes, std::uint64_t bytes);

/// Every node gets a block from each: block j of node i, at j · bytes_per_pair, becomes block i of node j in a second
/// buffer, at (nodes + i) · bytes_per_pair. One step: the links are shared packet by packet, so that no pair waits for
/// others that do not meet it. Nodes begin with different receivers. A node's own block does not move.
CollectiveSteps all_to_all(Topology topology, std::uint32_t nodes, std::uint64_t bytes_per_pair);

}  // namespace anda

#endif
