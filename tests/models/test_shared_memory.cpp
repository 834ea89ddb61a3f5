// SPDX-License-Identifier: Apache-2.0
#include <anda/base/process.h>

#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <tlm_utils/simple_target_socket.h>
#include <vector>

#include "models/functional_gemm.h"
#include "models/machine.h"
#include "models/memory_targets.h"
#include "soc/bus.h"

// Several masters on one memory: those that run ahead of simulated time by quanta of their own, and those that use the
// four phases.

using namespace anda;
using anda::test::AcceleratorBench;
using anda::test::FunctionalGemm;
using anda::test::machine_of;
using anda::test::Manner;
using anda::test::PhasesMemory;

namespace {

/// Two initiators on one memory.
class Merger : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Merger> first{"first"};
  tlm_utils::simple_target_socket<Merger> second{"second"};
  tlm_utils::simple_initiator_socket<Merger> memory{"memory"};

  explicit Merger(sc_core::sc_module_name name) : sc_module(name) {
    for (auto* const target : {&first, &second}) {
      target->register_b_transport(this, &Merger::b_transport);
      target->register_transport_dbg(this, &Merger::transport_dbg);
    }
  }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) { memory->b_transport(payload, delay); }
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload) { return memory->transport_dbg(payload); }
};

/// Writes and reads its own part of memory, as far ahead of simulated time as it is told.
class OtherTraffic : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<OtherTraffic> socket{"socket"};
  sc_core::sc_time quantum;
  std::uint64_t base = 3u << 28;
  std::uint64_t bytes = 0;
  std::uint64_t wrong = 0;  // bytes that were not as written, and refusals
  sc_core::sc_time took;

  explicit OtherTraffic(sc_core::sc_module_name name) : sc_module(name) {
    ANDA_HAS_PROCESS(OtherTraffic);
    SC_THREAD(run);
  }

  void start() { started_.notify(sc_core::SC_ZERO_TIME); }

 private:
  static constexpr std::uint64_t size = 1u << 16;

  void run() {
    for (;;) {
      wait(started_);
      const sc_core::sc_time begun = sc_core::sc_time_stamp();
      sc_core::sc_time ahead;
      for (int i = 0; i < 3000; ++i) {
        access(ahead);
        if (ahead <= quantum) continue;
        wait(ahead);
        ahead = sc_core::SC_ZERO_TIME;
      }
      wait(ahead);
      took = sc_core::sc_time_stamp() - begun;
    }
  }

  void access(sc_core::sc_time& ahead) {
    const std::uint64_t first = random_() % size;
    std::vector<unsigned char> data(std::min<std::uint64_t>(1 + random_() % 500, size - first));
    for (unsigned char& byte : data) byte = static_cast<unsigned char>(random_());
    const bool write = random_() % 2 == 0;
    const auto length = static_cast<unsigned int>(data.size());
    tlm::tlm_generic_payload payload;
    payload.set_command(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
    payload.set_address(base + first);
    payload.set_data_ptr(data.data());
    payload.set_data_length(length);
    payload.set_streaming_width(length);
    socket->b_transport(payload, ahead);
    bytes += length;
    if (!payload.is_response_ok()) ++wrong;
    for (std::size_t i = 0; i < data.size(); ++i) {
      unsigned char& byte = contents_[first + i];
      if (write) byte = data[i];
      if (byte != data[i]) ++wrong;
    }
  }

  std::mt19937 random_{4};
  std::vector<unsigned char> contents_ = std::vector<unsigned char>(size, 0);
  sc_core::sc_event started_;
};

/// An accelerator and other traffic on one memory.
class Shared : public AcceleratorBench {
 public:
  Merger merger{"merger"};
  OtherTraffic traffic{"traffic"};
  ProtocolChecker<> traffic_checker{"traffic_checker"};
  Dram dram;

  Shared(const AcceleratorConfig& config, const DramConfig& memory,
         sc_core::sc_module_name name = sc_core::sc_gen_unique_name("shared"))
      : AcceleratorBench(name, config), dram("dram", memory) {
    memory_checker.initiator.bind(merger.first);
    traffic.socket.bind(traffic_checker.target);
    traffic_checker.initiator.bind(merger.second);
    merger.memory.bind(dram.socket);
    counters_.add(dram.counters());
  }
};

/// Two accelerators that use the four phases, behind a bus in front of one memory, with a checker on every side.
template <class Memory>
class SharingPair : public sc_core::sc_module {
 public:
  static constexpr std::uint64_t base = std::uint64_t{1} << 36;  ///< of the memory on the bus

  AcceleratorBench first;
  AcceleratorBench second;
  soc::Bus bus;
  ProtocolChecker<> checker{"checker"};
  Memory memory;

  template <class Options>
  SharingPair(const AcceleratorConfig& config, const Options& options,
              sc_core::sc_module_name name = sc_core::sc_gen_unique_name("pair"))
      : sc_module(name),
        first("first", config),
        second("second", config),
        bus("bus", {{base, std::uint64_t{1} << 33}}, sc_core::sc_time(2, sc_core::SC_NS)),
        memory("memory", options) {
    first.memory_checker.initiator.bind(bus.in);
    second.memory_checker.initiator.bind(bus.in);
    bus.out.bind(checker.target);
    checker.initiator.bind(memory.socket);
  }

  /// Its operands and results are apart from the other's.
  GemmDescriptor descriptor(const AcceleratorBench& of, const GemmTask& task) const {
    GemmDescriptor descriptor = of.descriptor(task, {16, 64, 128, LoopOrder::nkm});
    const std::uint64_t from = base + (&of == &second ? std::uint64_t{1} << 32 : 0);
    GemmAddresses& at = descriptor.addresses;
    for (std::uint64_t* address : {&at.activations, &at.weights, &at.outputs, &at.partial_sums}) *address += from;
    return descriptor;
  }

  /// Starts the GeMMs at once, lets them run and compares results with those of the numeric library; the cycles of
  /// each.
  std::vector<std::uint64_t> run(const std::vector<AcceleratorBench*>& machines) {
    // The bus knows its targets only then.
    if (!sc_core::sc_start_of_simulation_invoked()) sc_core::sc_start(sc_core::SC_ZERO_TIME);
    const GemmTask task = first.task(40, 128, 512, 6, 5);
    std::vector<std::unique_ptr<FunctionalGemm>> gemms;
    std::vector<std::uint64_t> before;
    for (AcceleratorBench* const machine : machines) {
      gemms.push_back(std::make_unique<FunctionalGemm>(task, static_cast<std::uint32_t>(3 + gemms.size())));
      gemms.back()->place(*machine, descriptor(*machine, task).addresses);
      before.push_back(cycles(*machine));
    }
    for (AcceleratorBench* const machine : machines) machine->start(descriptor(*machine, task));
    sc_core::sc_start();
    std::vector<std::uint64_t> took;
    for (std::size_t i = 0; i < machines.size(); ++i) {
      AcceleratorBench& machine = *machines[i];
      CHECK(machine.read(ANDA_REG_STATUS) == ANDA_STATUS_DONE);
      const std::uint64_t bytes = tensor_bytes(task.m, task.n, task.output, machine.accelerator.config().mxu.rows);
      CHECK(machine.contents(descriptor(machine, task).addresses.outputs, bytes) == gemms[i]->expected_bytes(machine));
      machine.memory_checker.finish();
      took.push_back(cycles(machine) - before[i]);
    }
    checker.finish();
    return took;
  }

 private:
  static std::uint64_t cycles(AcceleratorBench& of) {
    return of.read(ANDA_COUNTER_CYCLES) + (std::uint64_t{of.read(ANDA_COUNTER_CYCLES + 4)} << 32);
  }
};

AcceleratorConfig phases_config(Level level) {
  AcceleratorConfig config = machine_of(PeKind::anda);
  config.level = level;
  config.functional.enabled = true;
  config.dma.protocol = MemoryProtocol::at;
  config.dma.max_burst_bytes = 64;
  config.dma.requests_in_flight = 32;
  return config;
}

}  // namespace

TEST_CASE("Masters of different quanta on one memory keep their data, and get no more than its bandwidth") {
  AcceleratorConfig config = machine_of(PeKind::anda);
  config.functional.enabled = true;
  config.dma.max_burst_bytes = 256;
  std::vector<std::unique_ptr<Shared>> machines;
  for (const Level level : {Level::fast, Level::cycle}) {
    for (const DramLevel memory : {DramLevel::fast, DramLevel::detailed}) {
      config.level = level;
      DramConfig dram;
      dram.level = memory;
      dram.store_data = true;
      dram.channels = 2;  // 16 GB/s each
      machines.push_back(std::make_unique<Shared>(config, dram));
    }
  }
  for (const auto& each : machines) {
    Shared& machine = *each;
    const GemmTask task = machine.task(40, 128, 512, 6, 5);
    const FunctionalGemm gemm(task, 9);
    const GemmDescriptor descriptor = machine.descriptor(task, {16, 64, 128, LoopOrder::nkm});
    const std::uint64_t output_bytes = tensor_bytes(task.m, task.n, task.output, config.mxu.rows);
    const auto expected = gemm.expected_bytes(machine);
    gemm.place(machine, descriptor.addresses);
    tlm::tlm_global_quantum::instance().set(sc_core::SC_ZERO_TIME);
    const std::uint64_t alone = machine.run(descriptor).at("controller.cycles");

    for (const double accelerator_ns : {0.0, 30.0, 1000.0, 1e6}) {
      for (const double traffic_ns : {0.0, 200.0, 1e5}) {
        CAPTURE(accelerator_ns, traffic_ns);
        tlm::tlm_global_quantum::instance().set(sc_core::sc_time(accelerator_ns, sc_core::SC_NS));
        machine.traffic.quantum = sc_core::sc_time(traffic_ns, sc_core::SC_NS);
        machine.place(descriptor.addresses.outputs, std::vector<std::uint8_t>(output_bytes, 0xA5));
        const std::uint64_t before = machine.traffic.bytes;
        const sc_core::sc_time begun = sc_core::sc_time_stamp();
        machine.traffic.start();
        const auto result = machine.run(descriptor);
        CHECK(machine.read(ANDA_REG_STATUS) == ANDA_STATUS_DONE);
        CHECK(machine.contents(descriptor.addresses.outputs, output_bytes) == expected);
        CHECK(machine.traffic.wrong == 0);

        const std::uint64_t other_bytes = machine.traffic.bytes - before;
        const std::uint64_t bytes = result.at("dram.read_bytes") + result.at("dram.write_bytes");
        CHECK(bytes == other_bytes + result.at("dma.read_bytes") + result.at("dma.write_bytes"));
        const double ns = (sc_core::sc_time_stamp() - begun).to_seconds() * 1e9;
        CHECK(ns >= static_cast<double>(bytes) / 32);
        const auto cycles = static_cast<double>(result.at("controller.cycles"));
        if (accelerator_ns == 0 && traffic_ns == 0) CHECK(cycles > 1.05 * static_cast<double>(alone));
      }
    }
    machine.traffic_checker.finish();
  }
}

TEST_CASE("Two machines share our memory through the four phases with a master that uses b_transport") {
  struct Crowded : SharingPair<Dram> {
    OtherTraffic traffic{"traffic"};
    ProtocolChecker<> traffic_checker{"traffic_checker"};
    Crowded(const AcceleratorConfig& config, const DramConfig& dram) : SharingPair(config, dram) {
      traffic.base = base + (3u << 28);
      traffic.socket.bind(traffic_checker.target);
      traffic_checker.initiator.bind(bus.in);
    }
  };
  std::vector<std::unique_ptr<Crowded>> crowds;
  for (const Level level : {Level::fast, Level::cycle}) {
    for (const DramLevel memory : {DramLevel::fast, DramLevel::detailed}) {
      for (const std::uint32_t most : {2u, 64u}) {
        DramConfig dram;
        dram.level = memory;
        dram.store_data = true;
        dram.capacity_bytes = std::uint64_t{1} << 33;
        dram.channels = 2;  // 16 GB/s each
        dram.policy.most_transactions = most;
        crowds.push_back(std::make_unique<Crowded>(phases_config(level), dram));
      }
    }
  }
  for (const auto& crowd : crowds) {
    const std::uint64_t alone = crowd->run({&crowd->first}).front();
    const std::uint64_t before = crowd->memory.counters().values()[0] + crowd->memory.counters().values()[1];
    const sc_core::sc_time begun = sc_core::sc_time_stamp();
    const auto both = crowd->run({&crowd->first, &crowd->second});
    const double ns = (sc_core::sc_time_stamp() - begun).to_seconds() * 1e9;
    const std::uint64_t bytes = crowd->memory.counters().values()[0] + crowd->memory.counters().values()[1] - before;
    CHECK(ns >= static_cast<double>(bytes) / 32);
    for (const std::uint64_t cycles : both) CHECK(cycles > alone + alone / 20);
    CHECK(static_cast<double>(both[0]) == Approx(static_cast<double>(both[1])).epsilon(0.1));  // nobody starves
    crowd->traffic.start();
    const auto crowded = crowd->run({&crowd->first, &crowd->second});
    CHECK(crowd->traffic.wrong == 0);
    CHECK(crowded[0] + crowded[1] > both[0] + both[1]);
    crowd->traffic_checker.finish();
  }
}

TEST_CASE("Two machines share a memory of any behaviour that withholds END_REQ from both") {
  using Memory = PhasesMemory<>;
  std::vector<std::unique_ptr<SharingPair<Memory>>> pairs;
  for (const Level level : {Level::fast, Level::cycle}) {
    for (const Manner manner : {Manner::takes_at_once, Manner::skips, Manner::completes, Manner::any}) {
      Memory::Options options;
      options.manner = manner;
      options.annotates = true;
      options.reorders = true;
      options.most_under_way = 5;
      pairs.push_back(std::make_unique<SharingPair<Memory>>(phases_config(level), options));
    }
  }
  for (const auto& pair : pairs) {
    pair->run({&pair->first, &pair->second});
    CHECK(pair->memory.misaligned == 0);
    const Manner manner = pair->memory.options().manner;
    if (manner == Manner::takes_at_once || manner == Manner::any) CHECK(pair->memory.held_up > 100);
  }
}

TEST_CASE("Where a bus has no target, the machine stops with the address") {
  SharingPair<Dram> pair(phases_config(Level::fast), DramConfig());
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  GemmDescriptor descriptor = pair.descriptor(pair.first, pair.first.task(16, 64, 128, 6, 5));
  descriptor.addresses.weights = SharingPair<Dram>::base / 2;
  pair.first.run(descriptor);
  CHECK(pair.first.read(ANDA_REG_STATUS) == ANDA_STATUS_ERROR);
  CHECK(pair.first.read(ANDA_REG_ERROR_CODE) == ANDA_ERROR_MEMORY);
  CHECK(pair.first.read(ANDA_REG_ERROR_ADDRESS_HIGH) == (SharingPair<Dram>::base / 2) >> 32);
  pair.checker.finish();
}
