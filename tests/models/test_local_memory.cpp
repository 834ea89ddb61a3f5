// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <memory>
#include <vector>

#include "models/functional_gemm.h"

// Operands in the local memory, at addresses from ANDA_LOCAL_MEMORY on.

using namespace anda;
using namespace anda::test;

namespace {

constexpr std::uint64_t local = ANDA_LOCAL_MEMORY;

AcceleratorConfig with_local(std::uint64_t bytes, std::uint32_t bits_per_cycle = 8192) {
  AcceleratorConfig config;
  config.local_memory.bytes = bytes;
  config.local_memory.bits_per_cycle = bits_per_cycle;
  return config;
}

DramConfig stored() {
  DramConfig config;
  config.store_data = true;
  return config;
}

/// x in the local memory becomes y in the local memory.
VectorDescriptor local_copy(const Machine& machine, std::uint32_t rows, std::uint32_t columns) {
  VectorTask task;
  task.rows = rows;
  task.columns = columns;
  VectorDescriptor descriptor = machine.descriptor(task);
  descriptor.input = local;
  descriptor.output = local + (1u << 16);
  return descriptor;
}

}  // namespace

TEST_CASE("A result that stays in the local memory is what external memory would have brought") {
  AcceleratorConfig config = with_local(1u << 20);
  config.functional.enabled = true;
  AcceleratorConfig phases = config;
  phases.dma.protocol = MemoryProtocol::at;
  phases.dma.max_burst_bytes = 256;
  AcceleratorConfig clocked = config;
  clocked.level = Level::cycle;
  std::vector<std::unique_ptr<Machine>> machines;
  for (const AcceleratorConfig& one : {config, phases, clocked}) {
    machines.push_back(std::make_unique<Machine>(one, stored()));
  }
  for (const auto& machine : machines) {
    const FunctionalGemm first(machine->task(20, 192, 128, 8, 7), 1);
    const FunctionalGemm second(machine->task(20, 64, 192, 7, 0), 2);
    const StepShape first_step = choose_step(Tiling::automatic, machine->accelerator.config(), first.task);
    const StepShape second_step = choose_step(Tiling::automatic, machine->accelerator.config(), second.task);
    std::vector<std::vector<std::uint8_t>> results;
    std::vector<AcceleratorBench::Result> counts;
    for (const std::uint64_t between : {std::uint64_t{1u << 29}, local}) {
      GemmDescriptor made = machine->descriptor(first.task, first_step);
      GemmDescriptor read = machine->descriptor(second.task, second_step);
      made.addresses.outputs = between;
      read.addresses.activations = between;
      read.addresses.outputs = 3u << 28;
      first.place(*machine, made.addresses);
      AcceleratorBench::Result sum = machine->run(made);
      machine->place(read.addresses.weights, pack_weight_tensor(second.weights, 16));
      for (const auto& [name, count] : machine->run(read)) sum[name] += count;
      REQUIRE(machine->read(ANDA_REG_ERROR_CODE) == 0);
      counts.push_back(sum);
      results.push_back(machine->contents(read.addresses.outputs, 20 * 64 * 2));
    }
    CHECK(results[0] == results[1]);
    CHECK(results[0] != std::vector<std::uint8_t>(20 * 64 * 2));
    // 20 rows of 192 values: three groups, each of 8 planes of 64 bits and 5 bits of exponent a row.
    const std::uint64_t bytes = tensor_bytes(20, 192, first.task.output, 16);
    CHECK(bytes >= 20 * 3 * (8 * 64 + 5) / 8);
    CHECK(counts[1].at("local_memory.write_bytes") == bytes);
    CHECK(counts[1].at("local_memory.read_bytes") == bytes);
    CHECK(counts[0].at("dma.write_bytes") - counts[1].at("dma.write_bytes") == bytes);
    CHECK(counts[0].at("dma.read_bytes") - counts[1].at("dma.read_bytes") == bytes);
    CHECK(counts[0].at("dram.read_bytes") - counts[1].at("dram.read_bytes") == bytes);
    CHECK(counts[0].at("local_memory.read_bytes") == 0);
    CHECK(counts[1].at("controller.cycles") <= counts[0].at("controller.cycles"));
  }
}

TEST_CASE("The local memory's port takes bits / bits_per_cycle of each transaction") {
  // 16 rows of 64 FP16 values: 16384 bits in and as many out, one after the other.
  std::vector<std::unique_ptr<Machine>> machines;
  for (const std::uint32_t bits : {64u, 128u, 96u})
    machines.push_back(std::make_unique<Machine>(with_local(1u << 20, bits)));
  std::vector<std::uint64_t> cycles;
  for (const auto& machine : machines) {
    const auto result = machine->run(local_copy(*machine, 16, 64));
    REQUIRE(machine->read(ANDA_REG_ERROR_CODE) == 0);
    CHECK(result.at("dram.read_bytes") + result.at("dram.write_bytes") == 0);
    CHECK(result.at("local_memory.read_bytes") == 2048);
    CHECK(result.at("local_memory.write_bytes") == 2048);
    cycles.push_back(result.at("controller.cycles"));
  }
  CHECK(cycles[0] - cycles[1] == 2 * (16384 / 64 - 16384 / 128));
  CHECK(cycles[0] - cycles[2] == 2 * (16384 / 64 - 171));  // 170.7 cycles
}

TEST_CASE("Addresses behind the local memory are refused") {
  Machine machine(with_local(1u << 16));
  CHECK(machine.read(ANDA_REG_LOCAL_BYTES) == 1u << 16);
  machine.run(local_copy(machine, 16, 64));  // its result would lie behind the end
  CHECK(machine.read(ANDA_REG_ERROR_CODE) == ANDA_ERROR_MEMORY);
  CHECK(machine.read(ANDA_REG_ERROR_ADDRESS_HIGH) == local >> 32);
  CHECK(machine.read(ANDA_REG_ERROR_ADDRESS_LOW) == 1u << 16);
}
