// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include <anda/link/collectives.h>
#include <anda/link/fabric.h>
#include <anda/link/memory_junction.h>

#include "models/fabric_bench.h"
#include "models/functional_gemm.h"

// A GeMM whose columns are split over accelerators, which then bring their results to all over a fabric.

using namespace anda;
using namespace anda::test;

namespace {

/// An accelerator with a memory of its own that is reached by a fabric too.
class LinkedMachine : public AcceleratorBench {
 public:
  MemoryJunction junction;
  ProtocolChecker<> junction_checker;
  Dram dram;

  explicit LinkedMachine(const AcceleratorConfig& config, sc_core::sc_module_name name)
      : AcceleratorBench(name, config),
        junction("junction"),
        junction_checker("junction_checker"),
        dram("dram", stored()) {
    memory_checker.initiator.bind(junction.accelerator);
    junction.memory.bind(junction_checker.target);
    junction_checker.initiator.bind(dram.socket);
  }
  static DramConfig stored() {
    DramConfig config;
    config.store_data = true;
    return config;
  }
};

/// Linked accelerators.
class Machines : public sc_core::sc_module {
 public:
  InnerCheckers checkers;
  Fabric fabric;
  std::vector<std::unique_ptr<LinkedMachine>> nodes;

  Machines(sc_core::sc_module_name name, const AcceleratorConfig& config, const LinkConfig& link, std::uint32_t count)
      : sc_module(name), fabric("fabric", link, count, {true, checkers.connect()}) {
    for (std::uint32_t node = 0; node < count; ++node) {
      nodes.push_back(std::make_unique<LinkedMachine>(config, ("node_" + std::to_string(node)).c_str()));
      fabric.memory[node].bind(nodes.back()->junction.fabric);
    }
  }
};

/// The GeMM with some of the columns only.
FunctionalGemm columns_of(const FunctionalGemm& whole, std::uint32_t first, std::uint32_t count) {
  FunctionalGemm part = whole;
  part.task.n = count;
  part.weights.n = count;
  const auto cut = [&](const auto& values) {
    auto kept = values;
    kept.clear();
    for (std::size_t row = 0; row < values.size(); row += whole.task.n) {
      const auto from = values.begin() + static_cast<std::ptrdiff_t>(row + first);
      kept.insert(kept.end(), from, from + count);
    }
    return kept;
  };
  part.weights.codes = cut(whole.weights.codes);
  part.weights.scales = cut(whole.weights.scales);
  return part;
}

/// Runs each node's share of the columns, and gathers the panels of rows, each a part from every node, so that results
/// lie where they do in the whole tensor.
void run_split(Machines& machines, const FunctionalGemm& whole, std::uint64_t outputs) {
  const auto count = static_cast<std::uint32_t>(machines.nodes.size());
  const std::uint32_t rows = machines.nodes[0]->accelerator.config().mxu.rows;
  const std::uint64_t own = 1u << 27;
  GemmTask task = whole.task;
  task.n = whole.task.n / count;
  for (std::uint32_t node = 0; node < count; ++node) {
    LinkedMachine& machine = *machines.nodes[node];
    GemmDescriptor gemm = machine.descriptor(task, choose_step(Tiling::automatic, machine.accelerator.config(), task));
    gemm.addresses.outputs = own;
    columns_of(whole, node * task.n, task.n).place(machine, gemm.addresses);
    machine.run(gemm);
    REQUIRE(machine.read(ANDA_REG_ERROR_CODE) == ANDA_ERROR_NONE);
  }
  for (std::uint32_t row = 0; row < task.m; row += rows) {
    const std::uint64_t bytes = task.output.bytes(std::min(rows, task.m - row), task.n);
    const std::uint64_t panel = outputs + tensor_bytes(row, whole.task.n, task.output, rows);
    for (std::uint32_t node = 0; node < count; ++node) {
      LinkedMachine& machine = *machines.nodes[node];
      machine.place(panel + node * bytes, machine.contents(own + tensor_bytes(row, task.n, task.output, rows), bytes));
    }
    for (auto step : all_gather(machines.fabric.config().topology, count, bytes)) {
      for (Fabric::Message& message : step) {
        message.source += panel;
        message.destination += panel;
      }
      in_thread([&] { machines.fabric.transfer(step); });
    }
  }
}

}  // namespace

TEST_CASE("A GeMM whose columns are split over accelerators has the same bits as on one, on every node") {
  struct Case {
    PeKind kind;
    std::uint32_t output_bits;
    std::unique_ptr<Machine> one;
    std::vector<std::unique_ptr<Machines>> split;
  };
  std::vector<Case> cases;
  for (const auto& [kind, output_bits] : {std::make_pair(PeKind::anda, 7u), {PeKind::anda, 0u}, {PeKind::fp_int, 0u}}) {
    AcceleratorConfig config = machine_of(kind);
    config.functional.enabled = true;
    const std::string name = "case_" + std::to_string(cases.size());
    Case next{kind, output_bits, nullptr, {}};
    next.one = std::make_unique<Machine>(config, LinkedMachine::stored(), (name + "_one").c_str());
    next.split.push_back(std::make_unique<Machines>((name + "_two").c_str(), config, plain_link(Topology::ring), 2));
    next.split.push_back(std::make_unique<Machines>((name + "_four").c_str(), config, plain_link(Topology::mesh), 4));
    cases.push_back(std::move(next));
  }
  const std::uint64_t outputs = 1u << 25;
  for (const Case& each : cases) {
    Machine& one = *each.one;
    const FunctionalGemm gemm(one.task(40, 256, 384, 8, each.output_bits), each.output_bits);
    GemmDescriptor descriptor =
        one.descriptor(gemm.task, choose_step(Tiling::automatic, one.accelerator.config(), gemm.task));
    descriptor.addresses.outputs = outputs;
    gemm.place(one, descriptor.addresses);
    one.run(descriptor);
    const std::uint64_t bytes = tensor_bytes(40, 256, gemm.task.output, one.accelerator.config().mxu.rows);
    const std::vector<std::uint8_t> expected = one.contents(outputs, bytes);
    REQUIRE(expected == gemm.expected_bytes(one));
    for (const auto& machines : each.split) {
      run_split(*machines, gemm, outputs);
      for (const auto& node : machines->nodes) CHECK(node->contents(outputs, bytes) == expected);
      // Each node has sent every part but that of the next, each over one link.
      const auto count = machines->nodes.size();
      CHECK(machines->fabric.counters().values()[0] == (count - 1) * bytes);
    }
  }
}

TEST_CASE("An accelerator and a fabric on one memory share its bandwidth, in the four phases too") {
  AcceleratorConfig config;
  config.dma.protocol = MemoryProtocol::at;
  LinkConfig link = plain_link(Topology::ring);
  link.bytes_per_s = 1e12;  // four times what memory takes
  Machines machines("machines", config, link, 2);
  LinkedMachine& machine = *machines.nodes[0];
  const GemmTask task = machine.task(16, 64, 4096, 8, 8);
  const GemmDescriptor gemm = machine.descriptor(task, choose_step(Tiling::automatic, config, task));
  const auto alone = machine.run(gemm);
  const std::uint64_t bytes = 4u << 20;
  std::vector<std::uint8_t> data(bytes);
  for (std::size_t i = 0; i < bytes; ++i) data[i] = static_cast<std::uint8_t>(i % 251);
  machines.nodes[1]->place(0, data);
  sc_core::sc_spawn([&] { machines.fabric.transfer({{1, 0, bytes, 0, 1u << 27}}); });
  const auto both = machine.run(gemm);
  CHECK(both.at("controller.cycles") > alone.at("controller.cycles"));
  CHECK(both.at("dma.read_bytes") == alone.at("dma.read_bytes"));
  CHECK(machine.contents(1u << 27, bytes) == data);
}
