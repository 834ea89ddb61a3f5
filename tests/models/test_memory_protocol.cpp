// SPDX-License-Identifier: Apache-2.0
#include <anda/buffer/activation_buffer.h>
#include <anda/buffer/weight_buffer.h>
#include <anda/dma/dma.h>
#include <anda/tlm/bus_width_adapter.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "models/foreign_machine.h"
#include "models/functional_gemm.h"
#include "models/machine.h"
#include "models/memory_targets.h"
#include "models/random_machines.h"

using namespace anda;
using anda::test::AcceleratorBench;
using anda::test::BlockingMemory;
using anda::test::ForeignMachine;
using anda::test::FunctionalGemm;
using anda::test::Machine;
using anda::test::machine_of;
using anda::test::make_foreign;
using anda::test::Manner;
using anda::test::PhasesMemory;

namespace {

AcceleratorConfig at_config(Level level, std::uint32_t burst_bytes, std::uint32_t in_flight, bool functional = true) {
  AcceleratorConfig config = machine_of(PeKind::anda);
  config.level = level;
  config.functional.enabled = functional;
  config.dma.protocol = MemoryProtocol::at;
  config.dma.max_burst_bytes = burst_bytes;
  config.dma.requests_in_flight = in_flight;
  return config;
}

/// The sum is cut along k, so that partial sums go to memory and come back; every edge is ragged.
constexpr StepShape step{16, 64, 128, LoopOrder::nkm};

GemmTask ragged(const AcceleratorBench& machine) { return machine.task(37, 100, 300, 7, 6); }

GemmDescriptor descriptor_of(const AcceleratorBench& machine, const GemmTask& task) {
  GemmDescriptor descriptor = machine.descriptor(task, step);
  descriptor.addresses.weights += 48;  // not at a burst's start
  descriptor.addresses.partial_sums = 3u << 27;
  return descriptor;
}

/// Runs the GeMM and compares the results in memory with those of the numeric library.
AcceleratorBench::Result run_checked(AcceleratorBench& machine) {
  const GemmTask task = ragged(machine);
  const FunctionalGemm gemm(task, 5);
  const GemmDescriptor descriptor = descriptor_of(machine, task);
  gemm.place(machine, descriptor.addresses);
  const auto result = machine.run(descriptor);
  CHECK(machine.read(ANDA_REG_STATUS) == ANDA_STATUS_DONE);
  const std::uint32_t rows = machine.accelerator.config().mxu.rows;
  CHECK(machine.contents(descriptor.addresses.outputs, tensor_bytes(task.m, task.n, task.output, rows)) ==
        gemm.expected_bytes(machine));
  return result;
}

}  // namespace

TEST_CASE("Results are correct for every memory behaviour in the four phases, at both levels") {
  using Memory = PhasesMemory<>;
  std::vector<std::unique_ptr<ForeignMachine<Memory>>> machines;
  for (const Level level : {Level::fast, Level::cycle}) {
    for (const Manner manner :
         {Manner::takes_at_once, Manner::takes_later, Manner::skips, Manner::answers, Manner::completes, Manner::any}) {
      for (int variant = 0; variant < 4; ++variant) {
        Memory::Options options;
        options.manner = manner;
        options.annotates = variant % 2 == 1;
        options.reorders = variant >= 2;
        options.holds_payloads = variant == 3;
        if (variant == 2) options.most_under_way = 3;
        machines.push_back(make_foreign<Memory>(at_config(level, 64, 16), options));
      }
    }
  }
  AcceleratorConfig loosely_timed = at_config(Level::fast, 64, 16, false);
  loosely_timed.dma.protocol = MemoryProtocol::b_transport;
  Machine reference(loosely_timed);
  const auto expected = reference.run(descriptor_of(reference, ragged(reference)));
  for (const auto& machine : machines) {
    const auto result = run_checked(*machine);
    CHECK(result.at("dma.transactions") == machine->memory.requests);
    CHECK(machine->memory.misaligned == 0);
    CHECK(machine->memory.longest == 64);
    CHECK(machine->memory.most_seen <= 16);
    if (!machine->memory.options().holds_payloads) CHECK(machine->memory.payloads.size() <= 16);
    CHECK(result.at("dma.read_bytes") == expected.at("dma.read_bytes"));
    CHECK(result.at("dma.write_bytes") == expected.at("dma.write_bytes"));
    CHECK(machine->memory.bytes == expected.at("dma.read_bytes") + expected.at("dma.write_bytes"));
    CHECK(result.at("controller.cycles") == result.at("mxu.busy_cycles") + test::stalls(result));
  }
}

TEST_CASE("Bursts in flight reach the configured number, and bandwidth grows with them") {
  using Memory = PhasesMemory<>;
  std::vector<std::unique_ptr<ForeignMachine<Memory>>> machines;
  const std::vector<std::uint32_t> depths{1, 2, 8, 64, 128};
  for (const Level level : {Level::fast, Level::cycle}) {
    for (const std::uint32_t in_flight : depths) {
      machines.push_back(make_foreign<Memory>(at_config(level, 32, in_flight, false), Memory::Options{}));
    }
  }
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < machines.size(); ++i) {
    const auto result = machines[i]->run(machines[i]->task(16, 64, 4096, 4, 4), Tiling::paper);
    const std::uint32_t in_flight = depths[i % depths.size()];
    CHECK(machines[i]->memory.most_seen == in_flight);
    const std::uint64_t cycles = result.at("controller.cycles");
    if (i % depths.size() > 0) CHECK(cycles <= before);
    before = cycles;
    // One burst of 32 bytes at a time: each takes the latency of 60 ns. Four ways in at a time take a quarter.
    if (in_flight == 1) {
      const double ns = static_cast<double>(cycles) / 285e6 * 1e9;
      CHECK(ns == Approx(60.0 * static_cast<double>(result.at("dma.transactions"))).epsilon(0.02));
    }
  }
}

TEST_CASE("The DMA waits for a memory that withholds END_REQ") {
  using Memory = PhasesMemory<>;
  std::vector<std::unique_ptr<ForeignMachine<Memory>>> machines;
  for (const Level level : {Level::fast, Level::cycle}) {
    for (const std::size_t most : {std::size_t{2}, std::size_t{1000}}) {
      Memory::Options options;
      options.most_under_way = most;
      machines.push_back(make_foreign<Memory>(at_config(level, 32, 64), options));
    }
  }
  std::uint64_t slow = 0;
  for (std::size_t i = 0; i < machines.size(); ++i) {
    const std::uint64_t cycles = run_checked(*machines[i]).at("controller.cycles");
    const auto& memory = machines[i]->memory;
    if (i % 2 == 0) {
      slow = cycles;
      CHECK(memory.most_seen == 3);  // with the one that waits for its END_REQ
      CHECK(memory.held_up > memory.requests / 3);
    } else {
      CHECK(memory.held_up == 0);
      CHECK(cycles * 4 < slow);
    }
  }
}

TEST_CASE("An error of the memory stops the GeMM with the address of the burst, and the next one runs") {
  using Memory = PhasesMemory<>;
  std::vector<std::unique_ptr<ForeignMachine<Memory>>> machines;
  for (const Level level : {Level::fast, Level::cycle}) {
    for (const Manner manner : {Manner::takes_at_once, Manner::skips, Manner::answers, Manner::completes}) {
      Memory::Options options;
      options.manner = manner;
      machines.push_back(make_foreign<Memory>(at_config(level, 64, 8), options));
    }
  }
  tlm::tlm_response_status refusal = tlm::TLM_GENERIC_ERROR_RESPONSE;
  for (const auto& machine : machines) {
    const GemmDescriptor descriptor = descriptor_of(*machine, ragged(*machine));
    machine->write(ANDA_REG_INTERRUPT_ENABLE, ANDA_INTERRUPT_ENABLE_DONE | ANDA_INTERRUPT_ENABLE_ERROR);
    // Operands in the midst of the weights, then results.
    for (const std::uint64_t from : {descriptor.addresses.weights - 48 + 1024, descriptor.addresses.outputs + 64}) {
      machine->memory.store.refuse_from = from;
      machine->memory.store.refusal = refusal;
      refusal = refusal == tlm::TLM_GENERIC_ERROR_RESPONSE ? tlm::TLM_ADDRESS_ERROR_RESPONSE
                                                           : tlm::TLM_GENERIC_ERROR_RESPONSE;
      const std::uint64_t requests = machine->memory.requests;
      machine->run(descriptor);
      CHECK(machine->read(ANDA_REG_STATUS) == ANDA_STATUS_ERROR);
      CHECK(machine->read(ANDA_REG_ERROR_CODE) == ANDA_ERROR_MEMORY);
      const std::uint32_t address = machine->read(ANDA_REG_ERROR_ADDRESS_LOW);
      // Of the bursts that were refused it is the first answered; only this manner answers some sooner than others.
      if (machine->memory.options().manner == Manner::answers) {
        CHECK((address >= from && address % 64 == 0));
      } else {
        CHECK(address == from);
      }
      CHECK(machine->read(ANDA_REG_ERROR_ADDRESS_HIGH) == 0);
      CHECK(machine->interrupt.read());
      machine->write(ANDA_REG_INTERRUPT_CLEAR, ~0u);
      sc_core::sc_start();
      CHECK(machine->memory.requests > requests);
    }
    machine->memory.store.refuse_from = ~std::uint64_t{0};
    run_checked(*machine);
  }
}

TEST_CASE("A phase with an annotated delay takes effect after the delay") {
  using Memory = PhasesMemory<>;
  std::vector<std::unique_ptr<ForeignMachine<Memory>>> machines;
  for (const Level level : {Level::fast, Level::cycle}) {
    Memory::Options waits;
    waits.manner = Manner::takes_later;
    waits.accept_ns = 20;
    waits.latency_ns = 70;
    Memory::Options annotates_requests = waits;
    annotates_requests.accept_ns = 0;
    annotates_requests.annotated_accept_ns = 20;
    Memory::Options returns_delays = annotates_requests;
    returns_delays.manner = Manner::takes_at_once;
    Memory::Options annotates_answers = waits;
    annotates_answers.latency_ns = 60;
    annotates_answers.annotated_answer_ns = 10;
    for (const auto& options : {waits, annotates_requests, returns_delays, annotates_answers}) {
      machines.push_back(make_foreign<Memory>(at_config(level, 64, 16), options));
    }
  }
  std::uint64_t expected = 0;
  for (std::size_t i = 0; i < machines.size(); ++i) {
    const std::uint64_t cycles = run_checked(*machines[i]).at("controller.cycles");
    if (i % 4 == 0) expected = cycles;
    CHECK(cycles == expected);
  }
}

namespace {

/// What else is at the buffers' sockets.
struct BufferUsers : sc_core::sc_module {
  tlm_utils::simple_initiator_socket<BufferUsers> array{"array"};
  tlm_utils::simple_initiator_socket<BufferUsers> weight_array{"weight_array"};
  tlm_utils::simple_initiator_socket<BufferUsers> results{"results"};

  BufferUsers(sc_core::sc_module_name name, ActivationBuffer& activations, WeightBuffer& weights) : sc_module(name) {
    array.bind(activations.array);
    weight_array.bind(weights.array);
    results.bind(activations.results);
  }
};

}  // namespace

TEST_CASE("Stored bytes are those at the call, even if the buffer is overwritten afterwards") {
  DmaConfig config;
  config.protocol = MemoryProtocol::at;
  config.max_burst_bytes = 16;
  config.requests_in_flight = 1;
  const Clock clock(1e9);
  Dma dma("dma", config, clock, true);
  ActivationBuffer activations("activations", ActivationBufferConfig(), clock);
  WeightBuffer weights("weights", WeightBufferConfig(), clock);
  ProtocolChecker<> checker("checker");
  PhasesMemory<> memory("memory", PhasesMemory<>::Options());
  dma.memory.bind(checker.target);
  checker.initiator.bind(memory.socket);
  dma.activation_buffer.bind(activations.dma);
  dma.weight_buffer.bind(weights.dma);
  dma.activation_credits.bind(activations.credits);
  dma.weight_credits.bind(weights.credits);
  BufferUsers users("users", activations, weights);

  std::vector<unsigned char> bytes(60, 7);
  sc_core::sc_spawn([&] {
    dma.begin();
    REQUIRE(anda::debug_access(users.array, tlm::TLM_WRITE_COMMAND, 500, bytes.data(), bytes.size()));
    anda::Transfer transfer;
    transfer.memory = {100, bytes.size()};
    transfer.address = 500;
    transfer.store = true;
    dma.store(transfer, 0);
    std::fill(bytes.begin(), bytes.end(), static_cast<unsigned char>(9));
    REQUIRE(anda::debug_access(users.array, tlm::TLM_WRITE_COMMAND, 500, bytes.data(), bytes.size()));
    transfer.store = false;
    transfer.address = 1000;
    dma.load(transfer, 0, nullptr);
    dma.await(dma.asked());
  });
  sc_core::sc_start();
  CHECK(anda::debug_access(users.array, tlm::TLM_READ_COMMAND, 1000, bytes.data(), bytes.size()));
  CHECK(bytes == std::vector<unsigned char>(60, 7));
  checker.finish();
}

TEST_CASE("After a reset the machine sends no further bursts and stays busy until those in flight are answered") {
  using Memory = PhasesMemory<>;
  std::vector<std::unique_ptr<ForeignMachine<Memory>>> machines;
  for (const Level level : {Level::fast, Level::cycle}) {
    machines.push_back(make_foreign<Memory>(at_config(level, 32, 4), Memory::Options{}));
  }
  for (const auto& machine : machines) {
    Memory& memory = machine->memory;
    const auto words = descriptor_of(*machine, ragged(*machine)).encode();
    for (std::size_t i = 0; i < words.size(); ++i) machine->write(ANDA_INSTRUCTION_MEMORY + 4 * i, words[i]);
    machine->write(ANDA_REG_DESCRIPTOR_COUNT, 1);
    for (const double ns : {50.0, 400.0, 1010.0}) {
      machine->write(ANDA_REG_CONTROL, ANDA_CONTROL_START);
      sc_core::sc_start(ns, sc_core::SC_NS);
      const std::uint64_t requests = memory.requests;
      REQUIRE(requests > 0);
      machine->write(ANDA_REG_CONTROL, ANDA_CONTROL_RESET);
      sc_core::sc_start(1, sc_core::SC_NS);
      CHECK(machine->read(ANDA_REG_STATUS) == ANDA_STATUS_BUSY);
      sc_core::sc_start();
      CHECK(memory.requests == requests);
      CHECK(machine->read(ANDA_REG_STATUS) == 0);
      machine->memory_checker.finish();
      machine->write(ANDA_REG_DESCRIPTOR_COUNT, 1);
    }
    run_checked(*machine);
  }
}

TEST_CASE("Of many refused bursts in flight the first answer is reported, and no more are sent") {
  using Memory = PhasesMemory<>;
  std::vector<std::unique_ptr<ForeignMachine<Memory>>> machines;
  for (const Level level : {Level::fast, Level::cycle}) {
    for (const Manner manner : {Manner::takes_at_once, Manner::takes_later}) {
      Memory::Options options;
      options.manner = manner;
      options.reorders = true;
      options.latency_ns = 600;  // so that all are sent before the first is answered
      machines.push_back(make_foreign<Memory>(at_config(level, 32, 64), options));
    }
  }
  int overtaken = 0;
  for (const auto& machine : machines) {
    Memory& memory = machine->memory;
    const GemmDescriptor descriptor = descriptor_of(*machine, ragged(*machine));
    for (const std::uint64_t from : {descriptor.addresses.activations, descriptor.addresses.activations + 512}) {
      memory.store.refuse_from = from;
      memory.refused.clear();
      machine->run(descriptor);
      CHECK(machine->read(ANDA_REG_STATUS) == ANDA_STATUS_ERROR);
      CHECK(machine->read(ANDA_REG_ERROR_CODE) == ANDA_ERROR_MEMORY);
      REQUIRE(memory.refused.size() > 8);
      CHECK(memory.refused.size() <= 64);
      CHECK(machine->read(ANDA_REG_ERROR_ADDRESS_LOW) == memory.refused.front());
      overtaken += memory.refused.front() != from ? 1 : 0;
    }
    memory.store.refuse_from = ~std::uint64_t{0};
    run_checked(*machine);
  }
  CHECK(overtaken > 2);
}

TEST_CASE("Memories that know only b_transport, or only the four phases, are adapted by their sockets") {
  std::vector<std::unique_ptr<ForeignMachine<BlockingMemory>>> blocking;
  std::vector<std::unique_ptr<ForeignMachine<PhasesMemory<>>>> phases;
  for (const Level level : {Level::fast, Level::cycle}) {
    for (const MemoryProtocol protocol : {MemoryProtocol::at, MemoryProtocol::b_transport}) {
      AcceleratorConfig config = at_config(level, 256, 16);
      config.dma.protocol = protocol;
      blocking.push_back(make_foreign<BlockingMemory>(config));
      PhasesMemory<>::Options options;
      options.manner = protocol == MemoryProtocol::at ? Manner::any : Manner::takes_at_once;
      phases.push_back(make_foreign<PhasesMemory<>>(config, options));
    }
  }
  for (const auto& machine : blocking) run_checked(*machine);
  for (const auto& machine : phases) run_checked(*machine);
}

TEST_CASE("An adapter connects a memory of another bus width") {
  struct Wide : AcceleratorBench {
    BusWidthAdapter<32, 512> adapter{"adapter"};
    PhasesMemory<512> memory{"memory", PhasesMemory<512>::Options()};
    explicit Wide(sc_core::sc_module_name name) : AcceleratorBench(name, at_config(Level::fast, 64, 64)) {
      memory_checker.initiator.bind(adapter.target);
      adapter.initiator.bind(memory.socket);
    }
  } machine("wide");
  run_checked(machine);
  CHECK(machine.memory.requests > 0);
}

TEST_CASE("With our DRAM the four phases take as long as b_transport, and functional data changes no cycle") {
  std::vector<std::unique_ptr<Machine>> machines;
  for (const Level level : {Level::fast, Level::cycle}) {
    for (const MemoryProtocol protocol : {MemoryProtocol::b_transport, MemoryProtocol::at}) {
      for (const bool functional : {false, true}) {
        AcceleratorConfig config = at_config(level, 64, 64, functional);
        config.dma.protocol = protocol;
        DramConfig dram;
        dram.store_data = functional;
        machines.push_back(std::make_unique<Machine>(config, dram));
      }
    }
  }
  for (std::size_t i = 0; i < machines.size(); i += 4) {
    std::uint64_t cycles[4];
    for (std::size_t j = 0; j < 4; ++j) {
      Machine& machine = *machines[i + j];
      cycles[j] = machine.accelerator.config().functional.enabled
                      ? run_checked(machine).at("controller.cycles")
                      : machine.run(descriptor_of(machine, ragged(machine))).at("controller.cycles");
    }
    CHECK(cycles[0] == cycles[1]);
    CHECK(cycles[2] == cycles[3]);
    CHECK(static_cast<double>(cycles[2]) == Approx(static_cast<double>(cycles[0])).epsilon(0.05));
  }
}
