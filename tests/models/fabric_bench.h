// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TESTS_MODELS_FABRIC_BENCH_H
#define ANDA_TESTS_MODELS_FABRIC_BENCH_H

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <systemc>
#include <vector>

#include <anda/base/access.h>
#include <anda/dram/dram.h>
#include <anda/link/collectives.h>
#include <anda/link/fabric.h>
#include <anda/tlm/protocol_checker.h>

#include "models/machine.h"

namespace anda::test {

/// Runs a function to completion in a simulation thread; returns the simulated time that it took, in ps.
inline std::uint64_t in_thread(const std::function<void()>& function) {
  const sc_core::sc_time before = sc_core::sc_time_stamp();
  sc_core::sc_time after;
  bool ended = false;
  sc_core::sc_spawn([&] {
    function();
    after = sc_core::sc_time_stamp();
    ended = true;
  });
  sc_core::sc_start();
  if (!ended) throw Error::run("the thread did not come to its end");
  return (after - before).value();
}

/// A memory with 256 bytes/ns and a read latency of 38 ns, without refresh, so that times can be computed by hand: a
/// packet of 4096 bytes is read in 54 ns and written in 16 ns.
inline DramConfig plain_memory() {
  DramConfig config;
  config.refresh_cycle_ns = 0;
  config.store_data = true;
  config.capacity_bytes = 1u << 28;
  return config;
}

/// A fabric with a memory for each node, and protocol checkers on all sockets.
class FabricBench : public sc_core::sc_module {
 public:
  InnerCheckers inner_checkers;
  Fabric fabric;
  std::vector<std::unique_ptr<ProtocolChecker<>>> checkers;
  std::vector<std::unique_ptr<Dram>> drams;

  FabricBench(const LinkConfig& config, std::uint32_t nodes, const DramConfig& memory = plain_memory(),
              sc_core::sc_module_name name = sc_core::sc_gen_unique_name("bench"))
      : sc_module(name), fabric("fabric", config, nodes, {true, inner_checkers.connect()}) {
    for (std::uint32_t node = 0; node < nodes; ++node) {
      checkers.push_back(std::make_unique<ProtocolChecker<>>(("checker_" + std::to_string(node)).c_str()));
      drams.push_back(std::make_unique<Dram>(("dram_" + std::to_string(node)).c_str(), memory));
      fabric.memory[node].bind(checkers.back()->target);
      checkers.back()->initiator.bind(drams.back()->socket);
    }
  }

  void place(std::uint32_t node, std::uint64_t address, std::vector<std::uint8_t> bytes) {
    move(tlm::TLM_WRITE_COMMAND, node, address, bytes);
  }
  std::vector<std::uint8_t> contents(std::uint32_t node, std::uint64_t address, std::uint64_t bytes) {
    std::vector<std::uint8_t> data(bytes);
    move(tlm::TLM_READ_COMMAND, node, address, data);
    return data;
  }

  /// Value of a counter of the fabric.
  std::uint64_t counted(const std::string& name) const {
    const Counters& counters = fabric.counters();
    return *counters.list().at(counters.index_of(name)).value;
  }
  /// Bytes carried by the link between two nodes.
  std::uint64_t bytes_over(std::uint32_t from, std::uint32_t to) const {
    const auto& edges = fabric.routing().edges();
    for (std::size_t i = 0; i < edges.size(); ++i) {
      const Counters& counters = fabric.link(i).counters();
      if (edges[i].from == from && edges[i].to == to) {
        return *counters.list().at(counters.index_of("link.bytes")).value;
      }
    }
    throw Error::run("there is no such link");
  }

 private:
  void move(tlm::tlm_command command, std::uint32_t node, std::uint64_t address, std::vector<std::uint8_t>& bytes) {
    if (bytes.empty()) return;
    if (!debug_access(fabric.memory[node], command, address, bytes.data(), bytes.size())) {
      throw Error::run("memory refused debug access");
    }
  }
};

/// A link with 25 bytes/ns, 500 ns latency and packets of 4096 bytes, which take 163.84 ns.
inline LinkConfig plain_link(Topology topology) {
  LinkConfig config;
  config.topology = topology;
  config.bytes_per_s = 25e9;
  config.latency_ns = 500;
  config.packet_bytes = 4096;
  return config;
}

}  // namespace anda::test

#endif
