// SPDX-License-Identifier: Apache-2.0
#include <anda/link/collectives.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <numeric>
#include <set>

#include <anda/base/error.h>
#include <anda/link/routing.h>

using namespace anda;

namespace {

constexpr Topology all_topologies[] = {Topology::ring, Topology::switched, Topology::mesh};

/// What is at each address of each node's buffers: the set of nodes whose contribution is in it.
using Buffers = std::vector<std::map<std::uint64_t, std::multiset<std::uint32_t>>>;

/// The messages of a step read before any writes; element-wise, two bytes each.
void apply(Buffers& buffers, const std::vector<LinkMessage>& step) {
  const Buffers before = buffers;
  for (const LinkMessage& message : step) {
    for (std::uint64_t at = 0; at < message.bytes; at += 2) {
      buffers[message.to][message.destination + at] = before[message.from].at(message.source + at);
    }
  }
}

std::uint64_t sent_by(const CollectiveSteps& steps, std::uint32_t node) {
  std::uint64_t bytes = 0;
  for (const auto& step : steps) {
    for (const LinkMessage& message : step) bytes += message.from == node ? message.bytes : 0;
  }
  return bytes;
}

std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    CHECK(error.kind() == Error::Kind::input);
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("Ways between nodes are as short as their topology allows") {
  for (std::uint32_t nodes = 1; nodes <= 24; ++nodes) {
    for (const Topology topology : all_topologies) {
      const Routing routing(topology, nodes);
      std::set<std::pair<std::uint32_t, std::uint32_t>> links;
      for (const Routing::Edge& edge : routing.edges()) CHECK(links.insert({edge.from, edge.to}).second);
      for (std::uint32_t from = 0; from < nodes; ++from) {
        for (std::uint32_t to = 0; to < nodes; ++to) {
          const std::vector<std::uint32_t> path = routing.path(from, to);
          for (std::size_t i = 1; i < path.size(); ++i) CHECK(links.count({path[i - 1], path[i]}) == 1);
          const std::uint32_t apart = from < to ? to - from : from - to;
          const std::uint32_t c = routing.columns();
          const auto difference = [](std::uint32_t a, std::uint32_t b) { return a < b ? b - a : a - b; };
          const std::uint32_t hops = topology == Topology::ring ? std::min(apart, nodes - apart)
                                     : topology == Topology::switched
                                         ? (apart == 0 ? 0 : 2)
                                         : difference(from % c, to % c) + difference(from / c, to / c);
          CHECK(path.size() - 1 == hops);
        }
      }
    }
  }
}

TEST_CASE("A mesh is as square as its number of nodes allows, and routed along the row first") {
  const auto shape = [](std::uint32_t nodes) {
    const Routing mesh(Topology::mesh, nodes);
    return std::make_pair(mesh.rows(), mesh.columns());
  };
  CHECK(shape(1) == std::make_pair(1u, 1u));
  CHECK(shape(4) == std::make_pair(2u, 2u));
  CHECK(shape(7) == std::make_pair(1u, 7u));
  CHECK(shape(8) == std::make_pair(2u, 4u));
  CHECK(shape(12) == std::make_pair(3u, 4u));
  CHECK(shape(18) == std::make_pair(3u, 6u));
  //  0  1  2  3
  //  4  5  6  7
  //  8  9 10 11
  const Routing mesh(Topology::mesh, 12);
  CHECK(mesh.path(1, 11) == std::vector<std::uint32_t>{1, 2, 3, 7, 11});
  CHECK(mesh.path(11, 1) == std::vector<std::uint32_t>{11, 10, 9, 5, 1});
  CHECK(Routing(Topology::ring, 4).path(0, 2) == std::vector<std::uint32_t>{0, 1, 2});
  CHECK(Routing(Topology::ring, 4).path(1, 3) == std::vector<std::uint32_t>{1, 0, 3});
  CHECK(Routing(Topology::switched, 4).path(0, 2) == std::vector<std::uint32_t>{0, 4, 2});
}

TEST_CASE("The cycle of a mesh goes over links, but home where no side is even") {
  for (std::uint32_t nodes = 1; nodes <= 64; ++nodes) {
    const Routing mesh(Topology::mesh, nodes);
    std::vector<std::uint32_t> cycle = mesh.cycle();
    CHECK(cycle.size() == nodes);
    for (std::size_t i = 1; i < cycle.size(); ++i) CHECK(mesh.path(cycle[i - 1], cycle[i]).size() == 2);
    const bool closed = nodes == 2 || (mesh.rows() > 1 && nodes % 2 == 0);
    if (nodes > 1) CHECK((mesh.path(cycle.back(), cycle.front()).size() == 2) == closed);
    std::sort(cycle.begin(), cycle.end());
    std::vector<std::uint32_t> all(nodes);
    std::iota(all.begin(), all.end(), 0u);
    CHECK(cycle == all);
  }
}

TEST_CASE("After all_gather every node has the bytes of all, each sent nodes - 1 times") {
  for (const Topology topology : all_topologies) {
    for (const std::uint32_t nodes : {1u, 2u, 3u, 6u, 9u}) {
      const std::uint64_t bytes = 6;
      const CollectiveSteps steps = all_gather(topology, nodes, bytes);
      CHECK(steps.size() == nodes - 1);
      Buffers buffers(nodes);
      for (std::uint32_t node = 0; node < nodes; ++node) {
        for (std::uint64_t at = 0; at < bytes; at += 2) buffers[node][node * bytes + at] = {node};
      }
      for (const auto& step : steps) apply(buffers, step);
      for (std::uint32_t node = 0; node < nodes; ++node) {
        CHECK(sent_by(steps, node) == (nodes - 1) * bytes);
        for (std::uint32_t of = 0; of < nodes; ++of) {
          for (std::uint64_t at = 0; at < bytes; at += 2) {
            CHECK(buffers[node].at(of * bytes + at) == std::multiset<std::uint32_t>{of});
          }
        }
      }
    }
  }
}

TEST_CASE("all_reduce adds every node's elements once, and each node sends 2 (N - 1) / N of the bytes") {
  for (const Topology topology : all_topologies) {
    for (const std::uint32_t nodes : {1u, 2u, 3u, 4u, 6u, 9u}) {
      for (const std::uint64_t bytes : {std::uint64_t{0}, std::uint64_t{2}, std::uint64_t{72}, std::uint64_t{106}}) {
        std::multiset<std::uint32_t> everybody;
        Buffers buffers(nodes);
        for (std::uint32_t node = 0; node < nodes; ++node) {
          everybody.insert(node);
          for (std::uint64_t at = 0; at < bytes; at += 2) buffers[node][at] = {node};
        }
        const CollectiveSteps steps = all_reduce(topology, nodes, bytes);
        const CollectiveSteps scatter = reduce_scatter(topology, nodes, bytes);
        REQUIRE(steps.size() == 2 * (nodes - 1));
        REQUIRE(scatter.size() == nodes - 1);
        for (std::size_t i = 0; i < steps.size(); ++i) {
          apply(buffers, steps[i]);
          if (i >= scatter.size()) continue;
          for (std::size_t j = 0; j < steps[i].size(); ++j) {  // the receivers add what came
            const LinkMessage& message = steps[i][j];
            CHECK(message.destination == scatter[i][j].destination);
            CHECK(message.destination == message.source + bytes);
            for (std::uint64_t at = message.source; at < message.source + message.bytes; at += 2) {
              auto& sum = buffers[message.to].at(at);
              sum.insert(buffers[message.to].at(bytes + at).begin(), buffers[message.to].at(bytes + at).end());
            }
          }
          if (i + 1 < scatter.size()) continue;
          for (std::uint32_t node = 0; node < nodes; ++node) {  // node i has part i
            const std::uint64_t end = reduction_part(nodes, bytes, node + 1);
            for (std::uint64_t at = reduction_part(nodes, bytes, node); at < end; at += 2) {
              CHECK(buffers[node].at(at) == everybody);
            }
          }
        }
        for (std::uint32_t node = 0; node < nodes; ++node) {
          for (std::uint64_t at = 0; at < bytes; at += 2) CHECK(buffers[node].at(at) == everybody);
          const std::uint64_t part = reduction_part(nodes, bytes, node + 1) - reduction_part(nodes, bytes, node);
          CHECK(part / 2 - bytes / 2 / nodes <= 1);
          if (bytes % (2 * nodes) == 0) CHECK(sent_by(steps, node) == 2 * (nodes - 1) * bytes / nodes);
        }
      }
    }
  }
}

TEST_CASE("all_to_all brings each block from its sender to its receiver") {
  for (const Topology topology : all_topologies) {
    for (const std::uint32_t nodes : {1u, 2u, 5u, 6u}) {
      const std::uint64_t bytes = 10;
      const CollectiveSteps steps = all_to_all(topology, nodes, bytes);
      CHECK(steps.size() == (nodes > 1 ? 1 : 0));
      std::set<std::pair<std::uint32_t, std::uint32_t>> pairs;
      for (const auto& step : steps) {
        for (const LinkMessage& message : step) {
          CHECK(message.from != message.to);
          CHECK(pairs.insert({message.from, message.to}).second);
          CHECK(message.bytes == bytes);
          CHECK(message.source == message.to * bytes);
          CHECK(message.destination == (nodes + message.from) * bytes);
        }
      }
      CHECK(pairs.size() == nodes * (nodes - 1));
    }
  }
}

TEST_CASE("Collectives refuse numbers of nodes and sizes that cannot be") {
  CHECK(error_of([] { all_gather(Topology::ring, 0, 64); }) == "link: the number of nodes is 0, must be 1 … 1024");
  CHECK(error_of([] { all_to_all(Topology::mesh, 1025, 64); }) ==
        "link: the number of nodes is 1025, must be 1 … 1024");
  CHECK(error_of([] { reduce_scatter(Topology::switched, 4, 7); }) ==
        "reduce_scatter: 7 bytes are no whole elements of 2 bytes");
  const std::uint64_t huge = ~std::uint64_t{0};
  CHECK(error_of([=] { all_gather(Topology::ring, 2, huge); }).find("largest memory") != std::string::npos);
  CHECK(error_of([=] { reduce_scatter(Topology::ring, 2, huge - 1); }).find("largest memory") != std::string::npos);
  CHECK(error_of([=] { all_to_all(Topology::ring, 2, huge); }).find("largest memory") != std::string::npos);
}
