// SPDX-License-Identifier: Apache-2.0
#include <anda/link/collectives.h>

#include <string>

#include <anda/base/error.h>
#include <anda/link/routing.h>

namespace anda {

namespace {

constexpr std::uint64_t element_bytes = 2;

/// Throws Error (input) unless `count` buffers of some bytes fit into one memory.
void check(const std::string& what, std::uint64_t count, std::uint64_t bytes) {
  if (bytes <= node_memory_bytes / count) return;
  throw Error::input(what + ": " + std::to_string(count) + " times " + std::to_string(bytes) +
                     " bytes are more than the largest memory, " + std::to_string(node_memory_bytes) + " bytes");
}

/// Adds the steps of a ring: in step s, the node at place p sends the part of the node at place p - s - `lag` to the
/// next node. Parts start at start(part); they arrive `shift` bytes further on.
template <class Start>
void add_ring(CollectiveSteps& steps, const std::vector<std::uint32_t>& cycle, std::uint32_t lag, std::uint64_t shift,
              Start start) {
  const auto nodes = static_cast<std::uint32_t>(cycle.size());
  for (std::uint32_t step = 0; step + 1 < nodes; ++step) {
    std::vector<LinkMessage> messages;
    for (std::uint32_t place = 0; place < nodes; ++place) {
      const std::uint32_t part = cycle[(place + 2 * nodes - step - lag) % nodes];
      const std::uint64_t first = start(part);
      messages.push_back({cycle[place], cycle[(place + 1) % nodes], start(part + 1) - first, first, first + shift});
    }
    steps.push_back(messages);
  }
}

}  // namespace

CollectiveSteps all_gather(Topology topology, std::uint32_t nodes, std::uint64_t bytes_per_node) {
  const std::vector<std::uint32_t> cycle = Routing(topology, nodes).cycle();
  check("all_gather", nodes, bytes_per_node);
  CollectiveSteps steps;
  add_ring(steps, cycle, 0, 0, [&](std::uint32_t part) { return part * bytes_per_node; });
  return steps;
}

std::uint64_t reduction_part(std::uint32_t nodes, std::uint64_t bytes, std::uint32_t part) {
  return bytes / element_bytes * part / nodes * element_bytes;
}

CollectiveSteps reduce_scatter(Topology topology, std::uint32_t nodes, std::uint64_t bytes) {
  const std::vector<std::uint32_t> cycle = Routing(topology, nodes).cycle();
  check("reduce_scatter", 2, bytes);
  if (bytes % element_bytes != 0) {
    throw Error::input("reduce_scatter: " + std::to_string(bytes) + " bytes are no whole elements of " +
                       std::to_string(element_bytes) + " bytes");
  }
  CollectiveSteps steps;
  add_ring(steps, cycle, 1, bytes, [&](std::uint32_t part) { return reduction_part(nodes, bytes, part); });
  return steps;
}

CollectiveSteps all_reduce(Topology topology, std::uint32_t nodes, std::uint64_t bytes) {
  CollectiveSteps steps = reduce_scatter(topology, nodes, bytes);
  add_ring(steps, Routing(topology, nodes).cycle(), 0, 0,
           [&](std::uint32_t part) { return reduction_part(nodes, bytes, part); });
  return steps;
}

CollectiveSteps all_to_all(Topology topology, std::uint32_t nodes, std::uint64_t bytes_per_pair) {
  const std::vector<std::uint32_t> cycle = Routing(topology, nodes).cycle();
  check("all_to_all", std::uint64_t{2} * nodes, bytes_per_pair);
  std::vector<LinkMessage> messages;
  for (std::uint32_t distance = 1; distance < nodes; ++distance) {
    for (std::uint32_t place = 0; place < nodes; ++place) {
      const std::uint32_t from = cycle[place];
      const std::uint32_t to = cycle[(place + distance) % nodes];
      messages.push_back({from, to, bytes_per_pair, to * bytes_per_pair, (nodes + from) * bytes_per_pair});
    }
  }
  if (messages.empty()) return {};
  return {messages};
}

}  // namespace anda
