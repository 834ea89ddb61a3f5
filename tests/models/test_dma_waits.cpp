// SPDX-License-Identifier: Apache-2.0
// What the accelerator waits for: a memory's own way of ending responses, a memory that stops answering, instants
// beyond the end of time.
#include <anda/base/access.h>
#include <anda/base/simulated_time.h>

#include <catch2/catch.hpp>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "models/foreign_machine.h"
#include "models/machine.h"
#include "models/memory_targets.h"
#include "models/random_machines.h"

using namespace anda;
using anda::test::AcceleratorBench;
using anda::test::BlockingMemory;
using anda::test::ForeignMachine;
using anda::test::Heeds;
using anda::test::Machine;
using anda::test::machine_of;
using anda::test::make_foreign;
using anda::test::Manner;
using anda::test::PhasesMemory;

namespace {

constexpr StepShape small_step{16, 64, 128, LoopOrder::nkm};

AcceleratorConfig machine_at(Level level, MemoryProtocol protocol) {
  AcceleratorConfig config = machine_of(PeKind::anda);
  config.level = level;
  config.dma.protocol = protocol;
  config.dma.max_burst_bytes = 64;
  config.dma.requests_in_flight = 8;
  return config;
}

GemmDescriptor small_gemm(const AcceleratorBench& machine) {
  return machine.descriptor(machine.task(16, 64, 512, 7, 6), small_step);
}

/// Errors that do not stop the simulation but are kept.
std::vector<std::string>& kept_errors() {
  static std::vector<std::string> errors;
  return errors;
}

void keep_error(const sc_core::sc_report& report, const sc_core::sc_actions& actions) {
  if (report.get_severity() == sc_core::SC_ERROR) {
    kept_errors().push_back(std::string(report.get_msg_type()) + ": " + report.get_msg());
  } else {
    sc_core::sc_report_handler::default_handler(report, actions);
  }
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("Memories that wait for END_RESP get it, returned or by a call, and take the same time") {
  using Memory = PhasesMemory<>;
  std::vector<std::unique_ptr<ForeignMachine<Memory>>> machines;
  for (const Level level : {Level::fast, Level::cycle}) {
    for (const EndResponse ends : {EndResponse::returned, EndResponse::called}) {
      for (const Heeds heeds : {Heeds::anything, Heeds::end_resp, Heeds::calls}) {
        if (ends == EndResponse::returned && heeds == Heeds::calls) continue;
        AcceleratorConfig config = machine_at(level, MemoryProtocol::at);
        config.dma.end_response = ends;
        Memory::Options options;
        options.heeds = heeds;
        machines.push_back(make_foreign<Memory>(config, options));
      }
    }
  }
  std::set<std::uint64_t> cycles_of_level[2];
  for (const auto& machine : machines) {
    const auto result = machine->run(small_gemm(*machine));
    CHECK(machine->read(ANDA_REG_STATUS) == ANDA_STATUS_DONE);
    CHECK(result.at("dma.transactions") == machine->memory.requests);
    cycles_of_level[machine->accelerator.config().level == Level::cycle ? 1 : 0].insert(result.at("controller.cycles"));
  }
  CHECK(cycles_of_level[0].size() == 1);
  CHECK(cycles_of_level[1].size() == 1);
}

TEST_CASE("A memory that stops answering is an error that names the accelerator and the transaction") {
  std::vector<std::unique_ptr<ForeignMachine<PhasesMemory<>>>> phases;
  std::vector<std::unique_ptr<ForeignMachine<BlockingMemory>>> blocking;
  std::vector<std::string> owed;
  for (const Level level : {Level::fast, Level::cycle}) {
    for (const std::uint64_t answered : {0u, 20u}) {
      AcceleratorConfig config = machine_at(level, MemoryProtocol::at);
      config.dma.timeout_cycles = 2000;
      PhasesMemory<>::Options options;
      options.dies_after = answered;
      phases.push_back(make_foreign<PhasesMemory<>>(config, options));
      owed.emplace_back("waits for END_REQ");
      options.takes_before_dying = true;
      phases.push_back(make_foreign<PhasesMemory<>>(config, options));
      owed.emplace_back("waits for BEGIN_RESP");
      config.dma.protocol = MemoryProtocol::b_transport;
      blocking.push_back(make_foreign<BlockingMemory>(config));
      blocking.back()->memory.dies_after = answered;
    }
    AcceleratorConfig config = machine_at(level, MemoryProtocol::at);
    config.dma.timeout_cycles = 2000;
    PhasesMemory<>::Options options;
    options.heeds = Heeds::calls;  // of END_RESP returned it does not hear
    phases.push_back(make_foreign<PhasesMemory<>>(config, options));
    owed.emplace_back("end_response = called");
  }
  sc_core::sc_report_handler::set_handler(keep_error);
  for (const auto& machine : phases) machine->start(small_gemm(*machine));
  for (const auto& machine : blocking) machine->start(small_gemm(*machine));
  sc_core::sc_start(2000 / 285.0, sc_core::SC_US);
  CHECK(kept_errors().empty());
  sc_core::sc_start(30, sc_core::SC_US);

  const std::vector<std::string>& errors = kept_errors();
  const auto check_error = [&](const std::string& accelerator, const std::string& what) {
    INFO(accelerator << ": " << what);
    int found = 0;
    for (const std::string& error : errors) {
      if (!contains(error, accelerator + ".accelerator.dma.")) continue;
      ++found;
      CHECK(contains(error, "/anda/dma: "));
      CHECK(contains(error, "has not answered for 7"));  // 2000 cycles at 285 MHz: 7018 ns
      CHECK(contains(error, what));
      CHECK(contains(error, "timeout_cycles"));
      CHECK((contains(error, "read of 64 bytes at 0x") || contains(error, "write of 64 bytes at 0x")));
    }
    CHECK(found == 1);
  };
  for (std::size_t i = 0; i < phases.size(); ++i) check_error(phases[i]->name(), owed[i]);
  for (const auto& machine : blocking) check_error(machine->name(), "its b_transport has not returned");
  CHECK(errors.size() == phases.size() + blocking.size());
}

TEST_CASE("The error for a memory that stops answering ends a simulation with other activity") {
  PhasesMemory<>::Options options;
  options.dies_after = 5;
  const auto machine = make_foreign<PhasesMemory<>>(machine_at(Level::fast, MemoryProtocol::at), options);
  const sc_core::sc_clock other("other", 1, sc_core::SC_US);
  machine->start(small_gemm(*machine));
  CHECK_THROWS_WITH(sc_core::sc_start(), Catch::Contains("memory has not answered"));
}

TEST_CASE("The DMA waits for a slow memory, and the watchdog does not change time") {
  std::vector<std::unique_ptr<ForeignMachine<PhasesMemory<>>>> machines;
  for (const Level level : {Level::fast, Level::cycle}) {
    // An answer every 700 ns, 200 cycles, is life enough for one timeout; without a limit nothing is too slow.
    for (const std::uint64_t timeout : {0u, 300u}) {
      AcceleratorConfig config = machine_at(level, MemoryProtocol::at);
      config.dma.timeout_cycles = timeout;
      PhasesMemory<>::Options options;
      options.latency_ns = 500;
      options.gap_ns = 700;
      machines.push_back(make_foreign<PhasesMemory<>>(config, options));
    }
  }
  std::uint64_t unwatched = 0;
  for (std::size_t i = 0; i < machines.size(); ++i) {
    const std::uint64_t from = sc_core::sc_time_stamp().value();
    machines[i]->run(small_gemm(*machines[i]));
    CHECK(machines[i]->read(ANDA_REG_STATUS) == ANDA_STATUS_DONE);
    const std::uint64_t ticks = sc_core::sc_time_stamp().value() - from;
    if (i % 2 == 0) unwatched = ticks;
    CHECK(ticks == unwatched);
  }
}

TEST_CASE("A machine that would wait beyond the end of time reports it and stops waiting") {
  std::vector<std::unique_ptr<Machine>> machines;
  for (const Level level : {Level::fast, Level::cycle}) {
    for (const MemoryProtocol protocol : {MemoryProtocol::b_transport, MemoryProtocol::at}) {
      for (const DramLevel dram_level : {DramLevel::fast, DramLevel::detailed}) {
        DramConfig dram;
        dram.level = dram_level;
        machines.push_back(std::make_unique<Machine>(machine_at(level, protocol), dram));
      }
    }
  }
  sc_core::sc_report_handler::set_handler(keep_error);
  sc_core::sc_start(sc_core::sc_time::from_value(end_of_time - 1'000'000));  // a microsecond is left
  for (const auto& machine : machines) machine->start(small_gemm(*machine));
  sc_core::sc_start();
  CHECK(kept_errors().size() >= machines.size());
  for (const std::string& error : kept_errors()) {
    CHECK(contains(error, "/anda/time: the simulated time reached its limit"));
    CHECK(contains(error, "faster clock"));
  }
  for (const auto& machine : machines) CHECK(machine->read(ANDA_REG_STATUS) == ANDA_STATUS_BUSY);
}

TEST_CASE("A GeMM longer than simulated time is reported, even without waits on the way") {
  AcceleratorConfig config = machine_of(PeKind::anda);
  config.clock_hz = 1e3;
  DramConfig dram;
  dram.capacity_bytes = std::uint64_t{1} << 36;
  Machine machine(config, dram);
  sc_core::sc_report_handler::set_handler(keep_error);
  tlm::tlm_global_quantum::instance().set(sc_core::sc_max_time());
  // 2^21 x 5120 x 5120 multiply-accumulates are 2.6e10 cycles of a millisecond; 2^63 ps are 9.2e9 of them.
  const GemmTask task = machine.task(1u << 21, 5120, 5120, 7, 6);
  machine.start(machine.descriptor(task, choose_step(Tiling::paper, config, task)));
  sc_core::sc_start();
  REQUIRE_FALSE(kept_errors().empty());
  CHECK(contains(kept_errors().front(), "/anda/time: the simulated time reached its limit"));
  CHECK(machine.read(ANDA_REG_STATUS) == ANDA_STATUS_BUSY);
}

TEST_CASE("A delay beyond the end of time leaves a memory intact") {
  struct Late : sc_core::sc_module {
    tlm_utils::simple_initiator_socket<Late> socket{"socket"};
    explicit Late(sc_core::sc_module_name name) : sc_module(name) {}
  };
  DramConfig config;
  Dram fast("fast", config);
  config.level = DramLevel::detailed;
  Dram detailed("detailed", config);
  Late first("first");
  Late second("second");
  first.socket.bind(fast.socket);
  second.socket.bind(detailed.socket);
  sc_core::sc_start(1, sc_core::SC_NS);
  for (Late* const initiator : {&first, &second}) {
    std::uint8_t bytes[64] = {};
    for (const sc_core::sc_time& delay : {sc_core::sc_max_time(), sc_core::sc_time::from_value(end_of_time)}) {
      sc_core::sc_time until = delay;
      CHECK(access(initiator->socket, tlm::TLM_READ_COMMAND, 0, bytes, sizeof bytes, until) == tlm::TLM_OK_RESPONSE);
      CHECK(until.value() >= end_of_time - 1000);
    }
  }
}
