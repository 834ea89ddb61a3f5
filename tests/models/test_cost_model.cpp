// SPDX-License-Identifier: Apache-2.0
#include <anda/accelerator/cost_model.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

#include "models/machine.h"

using anda::AcceleratorConfig;
using anda::BlockCost;
using anda::Component;
using anda::CostModel;
using anda::DramConfig;
using anda::PeKind;
using anda::Technology;
using anda::test::Machine;
using anda::test::machine_of;

namespace {

/// Round figures: each action and unit costs a different power of two.
Technology technology() {
  Technology technology;
  technology.reference_clock_hz = 1e9;                          // 1 mW = 1 pJ a cycle
  technology.mxu = {512, 256, 256, 256, ""};                    // 2 pJ an element's cycle, 1 mm² an element
  technology.compressor = {16, 1, 32, 16, ""};                  // 16 pJ a cycle, 2 mm² a lane
  technology.vector_unit = {64, 1, 256, 64, ""};                // 64 pJ a cycle, 4 mm² a lane
  technology.activation_buffer = {8, 1, 1179648, 1179648, ""};  // 8 pJ a bit, 1 mm² a byte
  technology.weight_buffer = {4, 1, 2097152, 1048576, ""};      // 4 pJ a bit, 2 mm² a byte
  technology.top_controller = {32, 1, 7, 1, ""};
  technology.processing_elements[anda::PeKind::fp_fp] = {1, 1, ""};
  technology.processing_elements[anda::PeKind::anda] = {0.25, 0.5, ""};
  technology.conversion = {128, ""};
  return technology;
}

/// 3 pJ a bit.
DramConfig memory() {
  DramConfig config;
  config.energy.pj_per_bit = 3;
  return config;
}

struct Costs {
  Machine machine;
  anda::Counters counters;
  CostModel model;

  explicit Costs(const AcceleratorConfig& config, const Technology& figures = technology())
      : machine(config), counters(all(machine)), model(figures, config, memory(), counters) {}

  static anda::Counters all(const Machine& machine) {
    anda::Counters all;
    all.add(machine.accelerator.counters());
    all.add(machine.dram.counters());
    return all;
  }

  anda::Energy energy(const std::vector<std::pair<const char*, std::uint64_t>>& counts) const {
    std::vector<std::uint64_t> values(counters.size(), 0);
    for (const auto& [name, value] : counts) values.at(counters.index_of(name)) = value;
    return model.energy(values);
  }
};

}  // namespace

TEST_CASE("Energy is the sum of actions times the energy of each") {
  const Costs anda_costs(machine_of(PeKind::anda));
  const auto energy = anda_costs.energy({{"mxu.pe_cycles", 1000},
                                         {"controller.cycles", 10},
                                         {"activation_buffer.mantissa_words_read", 3},
                                         {"activation_buffer.mantissa_words_written", 2},
                                         {"activation_buffer.exponent_words_read", 1},
                                         {"weight_buffer.words_read", 6},
                                         {"weight_buffer.words_written", 1},
                                         {"dram.read_bursts", 5},
                                         {"dram.write_bursts", 2}});
  CHECK(energy.by_component[Component::mxu] == Approx(2000));
  CHECK(energy.by_component[Component::compressor] == Approx(160));
  CHECK(energy.by_component[Component::vector_unit] == Approx(640));
  CHECK(energy.by_component[Component::top_controller] == Approx(320));
  CHECK(energy.by_component[Component::activation_buffer] == Approx(8.0 * (5 * 1024 + 80)));
  CHECK(energy.by_component[Component::weight_buffer] == Approx(4.0 * 7 * 1024));
  CHECK(energy.dram() == Approx(3.0 * 7 * 32 * 8));
  CHECK(energy.compute() == Approx(2000 + 160 + 640 + 320));
  CHECK(energy.sram() == Approx(8.0 * (5 * 1024 + 80) + 4.0 * 7 * 1024));
  CHECK(energy.total() == Approx(energy.compute() + energy.sram() + energy.dram()));
}

TEST_CASE("Every counter of an action is charged") {
  const Costs costs(machine_of(PeKind::anda));
  for (const char* name :
       {"mxu.pe_cycles", "mxu.converted_values", "controller.cycles", "activation_buffer.mantissa_words_read",
        "activation_buffer.mantissa_words_written", "activation_buffer.exponent_words_read",
        "activation_buffer.exponent_words_written", "weight_buffer.words_read", "weight_buffer.words_written",
        "dram.read_bursts", "dram.write_bursts"}) {
    INFO(name);
    CHECK(costs.energy({{name, 1}}).total() > 0);
  }
}

TEST_CASE("An FP-FP element costs what the ratios say, and there is no compressor") {
  const Costs costs(machine_of(PeKind::fp_fp));
  const auto energy = costs.energy({{"mxu.pe_cycles", 1000}, {"controller.cycles", 10}});
  CHECK(energy.by_component[Component::mxu] == Approx(2000 / 0.5));
  CHECK(energy.by_component[Component::compressor] == 0);
  CHECK(costs.model.area()[Component::mxu] == Approx(256 / 0.25));
  CHECK(costs.model.area()[Component::compressor] == 0);
}

TEST_CASE("Aligned activations cost energy per activation read, and no area") {
  const Costs costs(machine_of(PeKind::figna));
  const auto energy = costs.energy({{"mxu.converted_values", 5}});
  CHECK(energy.by_component[Component::mxu] == Approx(5 * 128));
  CHECK(energy.total() == Approx(5 * 128));
}

TEST_CASE("Area is the sum of units times the area of each") {
  const Costs costs(machine_of(PeKind::anda));
  const auto& area = costs.model.area();
  CHECK(area[Component::mxu] == Approx(256));
  CHECK(area[Component::compressor] == Approx(32));
  CHECK(area[Component::vector_unit] == Approx(256));
  CHECK(area[Component::activation_buffer] == Approx(1179648));
  CHECK(area[Component::weight_buffer] == Approx(2097152));
  CHECK(area[Component::top_controller] == Approx(7));
  CHECK(area[Component::dram] == 0);
}

TEST_CASE("Swept parameters change area and energy in proportion") {
  AcceleratorConfig config = machine_of(PeKind::anda);
  config.mxu.rows = 32;
  config.mxu.lanes_per_pe = 128;
  config.mxu.weight_bits = 8;
  config.compressor.lanes = 8;
  config.vector_unit.fpus = 128;
  config.weight_buffer.bytes = 4u << 20;
  Technology figures = technology();
  figures.sram_energy_exponent = 0.5;
  const Costs costs(config, figures);
  CHECK(costs.model.area()[Component::mxu] == Approx(256 * 2 * 2 * 2));
  CHECK(costs.model.area()[Component::compressor] == Approx(16));
  CHECK(costs.model.area()[Component::vector_unit] == Approx(512));
  CHECK(costs.model.area()[Component::weight_buffer] == Approx(4 * 2097152.0));
  const auto energy =
      costs.energy({{"mxu.pe_cycles", 1000}, {"controller.cycles", 10}, {"weight_buffer.words_read", 1}});
  CHECK(energy.by_component[Component::mxu] == Approx(2000 * 2 * 2));
  CHECK(energy.by_component[Component::compressor] == Approx(80));
  CHECK(energy.by_component[Component::vector_unit] == Approx(1280));
  CHECK(energy.by_component[Component::weight_buffer] == Approx(4 * 1024 * 2));  // four times the size, twice the wires
}

TEST_CASE("Commands at level fast: an activation for the bursts of each row, a refresh for each interval") {
  DramConfig config;
  config.energy.model = anda::DramEnergyModel::per_command;
  config.energy.activate_pj = 3200;
  config.energy.read_pj = 10;
  config.energy.write_pj = 20;
  config.energy.refresh_pj = 3900;
  config.energy.background_mw = 0;
  const AcceleratorConfig accelerator = anda::test::machine_of(PeKind::fp_fp);
  const Machine machine(accelerator, config);
  const anda::Counters counters = Costs::all(machine);
  const CostModel model(technology(), accelerator, config, counters);
  std::vector<std::uint64_t> values(counters.size(), 0);
  // Rows of 1024 bytes hold 32 bursts: 3200 / 32 = 100 pJ of activation a burst.
  values.at(counters.index_of("dram.read_bursts")) = 2;
  values.at(counters.index_of("dram.write_bursts")) = 3;
  CHECK(model.energy(values).dram() == Approx(2 * 110 + 3 * 120));
  // A second of cycles: 16 channels, each 1 / 3900 ns refreshes of 3900 pJ.
  std::fill(values.begin(), values.end(), 0);
  values.at(counters.index_of("controller.cycles")) = static_cast<std::uint64_t>(accelerator.clock_hz);
  CHECK(model.energy(values).dram() == Approx(16 * 1e9));
}
