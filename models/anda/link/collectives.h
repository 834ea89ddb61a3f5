// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_LINK_COLLECTIVES_H
#define ANDA_LINK_COLLECTIVES_H

#include <cstdint>
#include <vector>

#include <anda/link/link_config.h>
#include <anda/link/link_message.h>

// Collectives as steps, each a list of messages sent together (Fabric::transfer). Ring algorithms follow
// Routing::cycle(). Addresses are relative to the start of a buffer on each node; add the buffer's address. A single
// node needs no steps. All functions throw Error (input) if the number of nodes is not supported by Fabric, or the
// buffers are too large.

namespace anda {

using CollectiveSteps = std::vector<std::vector<LinkMessage>>;

/// Gathers the bytes of all nodes on every node: node i contributes the bytes at i · bytes_per_node, and all nodes end
/// with all bytes. In each of nodes - 1 steps, each node forwards what it received in the previous step.
CollectiveSteps all_gather(Topology topology, std::uint32_t nodes, std::uint64_t bytes_per_node);

/// Start of part i, which belongs to node i, when the buffer is divided into parts of FP16 elements whose lengths
/// differ by at most one element. Part `nodes` is the end.
std::uint64_t reduction_part(std::uint32_t nodes, std::uint64_t bytes, std::uint32_t part);

/// Gives every node a part of the element-wise sum of all buffers: part i to node i. In each of nodes - 1 steps, each
/// node forwards a part, which arrives in a second buffer behind the first (at bytes + its offset) and must be added to
/// the first before the next step. Throws Error (input) if `bytes` is not a whole number of elements.
CollectiveSteps reduce_scatter(Topology topology, std::uint32_t nodes, std::uint64_t bytes);

/// Gives every node the whole sum: the steps of reduce_scatter, then nodes - 1 steps that gather its parts.
CollectiveSteps all_reduce(Topology topology, std::uint32_t nodes, std::uint64_t bytes);

/// Exchanges blocks between all pairs of nodes: block j of node i, at j · bytes_per_pair, becomes block i of node j in
/// a second buffer, at (nodes + i) · bytes_per_pair. One step: the links are shared packet by packet, so that a pair
/// waits only for pairs that share its links. Each node starts with a different receiver. A node's own block does not
/// move.
CollectiveSteps all_to_all(Topology topology, std::uint32_t nodes, std::uint64_t bytes_per_pair);

}  // namespace anda

#endif
