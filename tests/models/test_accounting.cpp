// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <memory>
#include <random>
#include <vector>

#include "models/random_machines.h"

using anda::PeKind;
using anda::Schedule;
using anda::Tiling;
using anda::test::Machine;
using anda::test::machine_of;
using anda::test::RandomGemm;
using anda::test::RandomMachines;
using anda::test::stalls;

TEST_CASE("Every cycle is busy or a stall of one cause, every byte is requested, served and implied by the schedule") {
  RandomMachines random(20261122);
  std::vector<std::pair<std::unique_ptr<Machine>, RandomGemm>> cases;
  for (int i = 0; i < 400; ++i) {
    anda::AcceleratorConfig config = random.accelerator();
    if (i % 4 == 0) random.use_phases(config);
    const anda::DramConfig dram = random.dram();
    cases.emplace_back(std::make_unique<Machine>(config, dram), random.gemm());
  }

  int checked = 0;
  for (auto& [machine, gemm] : cases) {
    const auto task = machine->task(gemm.m, gemm.n, gemm.k, gemm.input_bits, gemm.output_bits);
    const auto tile = gemm.tile(machine->accelerator.config(), task);
    if (!tile) continue;  // nothing fits: refusing is tested elsewhere
    ++checked;
    const auto& config = machine->accelerator.config();
    const auto result = machine->run(task, *tile);
    INFO("m " << gemm.m << " n " << gemm.n << " k " << gemm.k << " M " << gemm.input_bits << " tile " << tile->m
              << " × " << tile->n << " × " << tile->k);
    REQUIRE(machine->read(ANDA_REG_ERROR_CODE) == 0);
    CHECK(result.at("controller.cycles") == result.at("mxu.busy_cycles") + stalls(result));
    CHECK(result.at("mxu.macs") == std::uint64_t{gemm.m} * gemm.n * gemm.k);

    const auto traffic = Schedule(task, *tile).traffic(task, config.mxu.rows, config.mxu.columns);
    CHECK(result.at("dma.read_bytes") == traffic.read_bytes());
    CHECK(result.at("dma.write_bytes") == traffic.write_bytes());
    CHECK(result.at("dram.read_bytes") == traffic.read_bytes());
    CHECK(result.at("dram.write_bytes") == traffic.write_bytes());
    CHECK(result.at("dma.transactions") * config.dma.max_burst_bytes >= traffic.read_bytes() + traffic.write_bytes());
    CHECK(result.at("dram.read_bursts") * machine->dram.config().burst_bytes() >= traffic.read_bytes());

    // The array computes for whole tiles, whatever the schedule.
    const std::uint64_t tiles = anda::ceil_div(gemm.m, config.mxu.rows) * anda::ceil_div(gemm.n, config.mxu.columns);
    const PeKind kind = config.mxu.processing_element.word();
    const bool serial = kind == PeKind::anda;
    const std::uint64_t group = serial ? config.format.group_size : config.mxu.lanes_per_pe;
    const std::uint64_t cycles = serial                      ? gemm.input_bits + 1
                                 : kind == PeKind::figna_m11 ? 11
                                 : kind == PeKind::figna_m8  ? 8
                                                             : 16;
    CHECK(result.at("mxu.busy_cycles") == tiles * anda::ceil_div(gemm.k, group) * cycles);

    // What converts does so for each column of the array that a row of activations passes.
    const bool converts = !serial && kind != PeKind::fp_fp && kind != PeKind::fp_int;
    CHECK(result.at("mxu.converted_values") ==
          (converts ? std::uint64_t{gemm.m} * gemm.k * anda::ceil_div(gemm.n, config.mxu.columns) : 0));
  }
  CHECK(checked > 270);
}

TEST_CASE("Compute-bound, the ideal cycles of FP-FP and Anda are in the ratio 16 to M + 1") {
  Machine fp(machine_of(PeKind::fp_fp));
  Machine anda_machine(machine_of(PeKind::anda));
  const auto reference = fp.run(fp.task(64, 256, 1024, 0, 0), Tiling::paper);
  for (std::uint32_t bits = 1; bits <= 16; ++bits) {
    const auto result = anda_machine.run(anda_machine.task(64, 256, 1024, bits, bits), Tiling::paper);
    CHECK(result.at("mxu.busy_cycles") * 16 == reference.at("mxu.busy_cycles") * (bits + 1));
    // The weight port brings 4 words a group, and a word of scales for every fourth pair of groups: it shows below 4
    // bits. Otherwise at most the way of the first 5 words to the array shows.
    CHECK((result.at("stall.weight_port") > 5) == (bits < 4));
  }
}

TEST_CASE("The same GeMM costs the same whenever it starts, and whatever the quantum") {
  Machine machine(machine_of(PeKind::anda));
  const auto task = machine.task(48, 192, 640, 5, 6);
  const auto first = machine.run(task, Tiling::paper);
  for (std::uint32_t k = 64; k < 1200; k += 77) {
    tlm::tlm_global_quantum::instance().set(sc_core::sc_time(k % 3 == 0 ? 0 : k, sc_core::SC_US));
    machine.run(machine.task(16, 64, k, 4, 4), Tiling::automatic);  // shifts the phase of all that follows
    CHECK(machine.run(task, Tiling::paper) == first);
  }
  CHECK(first.at("controller.cycles") == 3 * 12 * 10 * 6 + stalls(first));
}
