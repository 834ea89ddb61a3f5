// SPDX-License-Identifier: Apache-2.0
// Links alone, between custom memories: an all-gather of four nodes in a ring.
#include <anda/link/collectives.h>
#include <anda/link/fabric.h>

#include <cstdio>
#include <memory>

#include "memory.h"

int sc_main(int, char**) {
  constexpr std::uint32_t nodes = 4;
  constexpr std::uint64_t bytes = 3 * 4096;  // per node
  anda::LinkConfig config;
  config.topology = anda::Topology::ring;
  config.bytes_per_s = 25e9;
  config.latency_ns = 500;
  config.packet_bytes = 4096;
  anda::Fabric fabric("fabric", config, nodes);
  std::vector<std::unique_ptr<Memory>> memories;
  for (std::uint32_t node = 0; node < nodes; ++node) {
    memories.push_back(std::make_unique<Memory>(("memory_" + std::to_string(node)).c_str(), nodes * bytes));
    fabric.memory[node].bind(memories[node]->socket);
    for (std::uint64_t i = 0; i < bytes; ++i) {
      memories[node]->bytes[node * bytes + i] = static_cast<unsigned char>(node * 50 + i % 7);
    }
  }

  sc_core::sc_time time;
  sc_core::sc_spawn([&] {
    for (const auto& step : anda::all_gather(config.topology, nodes, bytes)) fabric.transfer(step);
    time = sc_core::sc_time_stamp();
  });
  sc_core::sc_start();

  bool good = true;
  for (const auto& memory : memories) {
    for (std::uint64_t i = 0; i < nodes * bytes; ++i) good = good && memory->bytes[i] == i / bytes * 50 + i % bytes % 7;
  }
  // Each of three steps takes 20 ns for the first read, 491.52 ns for 12288 bytes at 25 bytes/ns, 500 ns of link
  // latency, and 20 ns for the last write.
  good = good && time == sc_core::sc_time(3 * (20 + 491.52 + 500 + 20), sc_core::SC_NS);
  const std::uint64_t carried = fabric.counters().values()[fabric.counters().index_of("link.bytes")];
  good = good && carried == nodes * (nodes - 1) * bytes;
  std::printf("%s, %llu bytes over links, %.1f nJ, %s\n", time.to_string().c_str(),
              static_cast<unsigned long long>(carried), config.energy_pj(carried) / 1000,
              good ? "all bytes in place" : "wrong");
  return good ? 0 : 1;
}
