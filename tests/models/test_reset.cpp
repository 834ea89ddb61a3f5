// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <random>

#include <anda/control/register_table.h>
#include <anda/dataflow/tensor_image.h>

#include "models/machine.h"

using namespace anda;
using anda::test::Machine;
using anda::test::machine_of;

namespace {

constexpr std::uint32_t all_interrupts = ANDA_INTERRUPT_ENABLE_DONE | ANDA_INTERRUPT_ENABLE_ERROR;

AcceleratorConfig reset_machine(Level level, MemoryProtocol protocol) {
  AcceleratorConfig config = machine_of(PeKind::anda);
  config.level = level;
  config.functional.enabled = true;
  config.dma.protocol = protocol;
  if (protocol == MemoryProtocol::at) config.dma.max_burst_bytes = 256;
  return config;
}

DramConfig storing_at(DramLevel level) {
  DramConfig config;
  config.level = level;
  config.store_data = true;
  return config;
}

/// Bytes that every operand of these GeMMs can be: any bits are planes, exponents below 31 and weights, and the scales
/// are finite.
std::vector<std::uint8_t> random_bytes(std::uint64_t count, std::mt19937& engine) {
  std::vector<std::uint8_t> bytes(count);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(engine() & 0x33);
  return bytes;
}

/// A GeMM with data in memory, and what a machine makes of it.
struct Program {
  GemmTask task;
  GemmDescriptor descriptor;
  std::uint64_t output_bytes;

  Program(const Machine& machine, std::uint32_t m, std::uint32_t n, std::uint32_t k, const StepShape& tile)
      : task(machine.task(m, n, k, 6, 0)),
        descriptor(machine.descriptor(task, tile)),
        output_bytes(tensor_bytes(m, n, task.output, machine.accelerator.config().mxu.rows)) {}

  void place(Machine& machine, std::uint32_t seed) const {
    std::mt19937 engine(seed);
    const MxuConfig& array = machine.accelerator.config().mxu;
    const GemmAddresses& at = descriptor.addresses;
    machine.place(at.activations, random_bytes(tensor_bytes(task.m, task.k, task.input, array.rows), engine));
    machine.place(at.weights, random_bytes(tensor_bytes(task.k, task.n, task.weights, array.columns), engine));
    machine.place(at.outputs, std::vector<std::uint8_t>(output_bytes, 0xA5));
  }

  std::vector<std::uint8_t> results(Machine& machine) const {
    return machine.contents(descriptor.addresses.outputs, output_bytes);
  }
};

void start(Machine& machine, const GemmDescriptor& descriptor, std::uint32_t count) {
  const auto words = descriptor.encode();
  for (std::uint32_t d = 0; d < count; ++d) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      machine.write(ANDA_INSTRUCTION_MEMORY + 4 * (d * words.size() + i), words[i]);
    }
  }
  machine.write(ANDA_REG_DESCRIPTOR_COUNT, count);
  machine.write(ANDA_REG_INTERRUPT_ENABLE, all_interrupts);
  machine.write(ANDA_REG_CONTROL, ANDA_CONTROL_START);
}

std::uint64_t counter(Machine& machine, std::uint32_t offset) {
  return machine.read(offset) | std::uint64_t{machine.read(offset + 4)} << 32;
}

/// Every register and counter.
std::vector<std::uint32_t> registers(Machine& machine) {
  std::vector<std::uint32_t> values;
  for (const RegisterEntry& entry : register_table) values.push_back(machine.read(entry.offset));
  for (const CounterEntry& entry : counter_table) {
    values.push_back(machine.read(entry.offset));
    values.push_back(machine.read(entry.offset + 4));
  }
  return values;
}

/// The first moments are the instant of the start, one delta cycle on, and just before the end.
double part_at(int moment, std::mt19937& engine) {
  constexpr double first[] = {0, 1e-9, 0.9999};
  return moment < 3 ? first[moment] : static_cast<double>(engine() & 0xfff) / 4096;
}

/// Stops runs of two GeMMs at random moments, at every level, and checks the GeMM that follows against one on a machine
/// that was never stopped. `may_differ`: cycles by which memory that remembers rows and refreshes shifts a GeMM.
void check_resets(const AcceleratorConfig& config, DramLevel memory, std::uint64_t may_differ, int moments) {
  Machine machine(config, storing_at(memory));
  Machine fresh(config, storing_at(memory));
  const Program long_one(machine, 64, 192, 640, {32, 64, 256, LoopOrder::mkn});  // with partial sums through memory
  const Program next(machine, 48, 128, 384, {16, 64, 384, LoopOrder::nkm});
  const auto reset_values = registers(fresh);

  next.place(fresh, 2);
  start(fresh, next.descriptor, 1);
  sc_core::sc_start();
  const auto expected = next.results(fresh);
  const auto expected_registers = registers(fresh);
  REQUIRE(fresh.read(ANDA_REG_STATUS) == ANDA_STATUS_DONE);
  REQUIRE(expected != std::vector<std::uint8_t>(next.output_bytes, 0xA5));

  long_one.place(machine, 1);
  start(machine, long_one.descriptor, 2);
  const sc_core::sc_time begun = sc_core::sc_time_stamp();
  sc_core::sc_start();
  REQUIRE(machine.read(ANDA_REG_STATUS) == ANDA_STATUS_DONE);
  const double length = (sc_core::sc_time_stamp() - begun).to_seconds();

  std::mt19937 engine(3);
  int cut = 0;
  for (int moment = 0; moment < moments; ++moment) {
    long_one.place(machine, 1);
    next.place(machine, 2);
    start(machine, long_one.descriptor, 2);
    const sc_core::sc_time started = sc_core::sc_time_stamp();
    const double part = part_at(moment, engine);
    INFO("level " << static_cast<int>(config.level) << ", moment " << part);
    if (moment > 0) sc_core::sc_start(sc_core::sc_time(part * length, sc_core::SC_SEC));
    const bool was_busy = (machine.read(ANDA_REG_STATUS) & ANDA_STATUS_BUSY) != 0;
    cut += was_busy;
    machine.write(ANDA_REG_CONTROL, ANDA_CONTROL_RESET | ANDA_CONTROL_START);
    CHECK(machine.read(ANDA_REG_STATUS) == (was_busy ? ANDA_STATUS_BUSY : 0));
    machine.write(ANDA_REG_CONTROL, ANDA_CONTROL_START);  // ignored while busy; of nothing otherwise
    if (!was_busy) machine.write(ANDA_REG_CONTROL, ANDA_CONTROL_RESET);
    sc_core::sc_start();
    if (part < 0.5) CHECK((sc_core::sc_time_stamp() - started).to_seconds() < 0.75 * length);
    CHECK_FALSE(machine.interrupt.read());
    CHECK(registers(machine) == reset_values);

    start(machine, next.descriptor, 1);
    sc_core::sc_start();
    CHECK(next.results(machine) == expected);
    CHECK(machine.interrupt.read());
    if (may_differ == 0) {
      CHECK(registers(machine) == expected_registers);
    } else {
      CHECK(machine.read(ANDA_REG_STATUS) == ANDA_STATUS_DONE);
      const auto cycles = static_cast<double>(counter(fresh, ANDA_COUNTER_CYCLES));
      CHECK(static_cast<double>(counter(machine, ANDA_COUNTER_CYCLES)) ==
            Approx(cycles).margin(static_cast<double>(may_differ)));
    }
  }
  CHECK(cut > moments / 2);
}

}  // namespace

TEST_CASE("After a reset at any moment a machine of level fast is like a fresh one") {
  check_resets(reset_machine(Level::fast, MemoryProtocol::b_transport), DramLevel::fast, 0, 40);
}

TEST_CASE("After a reset at any moment a machine of level cycle is like a fresh one") {
  check_resets(reset_machine(Level::cycle, MemoryProtocol::b_transport), DramLevel::fast, 0, 20);
}

TEST_CASE("After a reset with bursts in flight a machine of protocol at is like a fresh one") {
  check_resets(reset_machine(Level::fast, MemoryProtocol::at), DramLevel::fast, 0, 20);
}

TEST_CASE("After a reset with bursts in flight a machine of level cycle and protocol at is like a fresh one") {
  check_resets(reset_machine(Level::cycle, MemoryProtocol::at), DramLevel::fast, 0, 10);
}

TEST_CASE("After a reset with the detailed memory results are the same, and cycles except for rows and refresh") {
  // The GeMM is shorter than the interval between two refreshes, so that one falls into it or none; and as long again
  // for the rows that it finds open.
  const double refresh = DramConfig().refresh_cycle_ns * 1e-9 * AcceleratorConfig().clock_hz;
  check_resets(reset_machine(Level::fast, MemoryProtocol::b_transport), DramLevel::detailed,
               static_cast<std::uint64_t>(2 * refresh), 20);
}

TEST_CASE("After a reset of a decoupled machine results are those of a fresh one") {
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(500, sc_core::SC_NS));
  check_resets(reset_machine(Level::fast, MemoryProtocol::b_transport), DramLevel::fast, 0, 40);
}

TEST_CASE("A reset of an idle machine forgets errors, causes of interrupts and counts") {
  Machine machine(reset_machine(Level::fast, MemoryProtocol::b_transport), storing_at(DramLevel::fast));
  const auto reset_values = registers(machine);
  const Program program(machine, 48, 128, 384, {16, 64, 384, LoopOrder::nkm});
  GemmDescriptor wrong = program.descriptor;
  wrong.addresses.weights = storing_at(DramLevel::fast).capacity_bytes;  // behind its end
  start(machine, wrong, 1);
  sc_core::sc_start();
  CHECK(machine.read(ANDA_REG_ERROR_CODE) == ANDA_ERROR_MEMORY);
  CHECK(machine.read(ANDA_REG_ERROR_ADDRESS_HIGH) != 0);
  CHECK(machine.interrupt.read());
  CHECK(counter(machine, ANDA_COUNTER_READ_BYTES) > 0);
  machine.write(ANDA_REG_CONTROL, ANDA_CONTROL_RESET);
  CHECK(registers(machine) == reset_values);
  sc_core::sc_start();
  CHECK(registers(machine) == reset_values);
  CHECK_FALSE(machine.interrupt.read());
}

TEST_CASE("A reset counts every cycle as busy or as a stall, and no aborted GeMM") {
  Machine fast(reset_machine(Level::fast, MemoryProtocol::b_transport), storing_at(DramLevel::fast));
  Machine cycle(reset_machine(Level::cycle, MemoryProtocol::b_transport), storing_at(DramLevel::fast));
  for (Machine* const each : {&fast, &cycle}) {
    Machine& machine = *each;
    const Counters& counters = machine.accelerator.counters();
    const Program program(machine, 64, 192, 640, {32, 64, 256, LoopOrder::mkn});
    for (int moment = 1; moment < 20; ++moment) {
      program.place(machine, 1);
      start(machine, program.descriptor, 1);
      sc_core::sc_start(sc_core::sc_time(moment * 30, sc_core::SC_NS));
      REQUIRE(machine.read(ANDA_REG_STATUS) == ANDA_STATUS_BUSY);
      machine.write(ANDA_REG_CONTROL, ANDA_CONTROL_RESET);
      sc_core::sc_start();
      std::uint64_t accounted = 0;
      for (const Counter& counter : counters.list()) {
        if (counter.name == "mxu.busy_cycles" || counter.name.rfind("stall.", 0) == 0) accounted += *counter.value;
        if (counter.name == "controller.gemms") CHECK(*counter.value == 0);
      }
      CHECK(accounted == *counters.list()[counters.index_of("controller.cycles")].value);
    }
  }
}
