// SPDX-License-Identifier: Apache-2.0
#include <anda/dram/detailed_memory.h>

#include <catch2/catch.hpp>
#include <string>

#include "config/load.h"
#include "config/writer.h"
#include "models/command_checker.h"

using anda::DramConfig;

namespace {

DramConfig preset(const std::string& name) {
  return anda::sim::default_run_config(
             {"dram=" ANDA_SOURCE_DIR "/configs/dram/" + name + ".yaml", "dram.level=detailed"})
      .dram;
}

}  // namespace

TEST_CASE("configs/dram/hbm2.yaml is the memory that a run has without a file") {
  CHECK(anda::sim::to_yaml(anda::sim::default_run_config({"dram=" ANDA_SOURCE_DIR "/configs/dram/hbm2.yaml"})) ==
        anda::sim::to_yaml(anda::sim::default_run_config()));
}

TEST_CASE("Every preset streams at its peak minus refresh, within its timing rules") {
  struct Case {
    const char* name;
    double peak_bytes_per_s;
  };
  for (const Case& memory : {Case{"hbm2", 256e9}, Case{"hbm2e", 460.8e9}, Case{"hbm3", 819.2e9}, Case{"ddr4", 51.2e9},
                             Case{"lpddr5", 51.2e9}}) {
    INFO(memory.name);
    const DramConfig config = preset(memory.name);
    CHECK(config.peak_bytes_per_s() == Approx(memory.peak_bytes_per_s));
    anda::test::CommandChecker checker(config);
    anda::dram::DetailedMemory channels(config);
    channels.observe([&](const anda::dram::CommandRecord& record) { checker.see(record); });
    const std::uint64_t bytes = std::uint64_t{config.channels} << 20;
    channels.push({0, bytes, false, 0, 0});
    channels.drain();
    checker.finish();
    CHECK(checker.first_failure().empty());
    const double seconds = static_cast<double>(channels.statistics().last_data) / config.clock_hz();
    const double share = static_cast<double>(bytes) / seconds / config.peak_bytes_per_s();
    CHECK(share > config.available() - 0.035);
    CHECK(share < config.available() + 0.005);
  }
}

TEST_CASE("Memories have names, which mean their files, and bring their own energy, at every level") {
  using anda::sim::default_run_config;
  for (const char* name : {"hbm2", "hbm2e", "hbm3", "ddr4", "lpddr5"}) {
    INFO(name);
    const std::string text = anda::sim::to_yaml(default_run_config({std::string("dram=") + name}));
    CHECK(text == anda::sim::to_yaml(
                      default_run_config({std::string("dram=") + ANDA_SOURCE_DIR "/configs/dram/" + name + ".yaml"})));
    for (const char* level : {"fast", "detailed"}) {
      const DramConfig dram =
          default_run_config({std::string("dram=") + name, std::string("dram.level=") + level}).dram;
      CHECK_FALSE(dram.energy.source.empty());
      CHECK(dram.energy.pj_per_bit > 0);
    }
  }
  CHECK(default_run_config({"dram=hbm2"}).dram.energy.pj_per_bit == 3.9);
  CHECK(default_run_config({"dram=ddr4"}).dram.energy.model == anda::DramEnergyModel::per_command);
  CHECK_THROWS_WITH(default_run_config({"dram=ddr5"}),
                    Catch::Contains("dram: is `ddr5`, must be one of ddr4, hbm2, hbm2e, hbm3, lpddr5, or the path of a "
                                    "YAML file; did you mean `ddr4`?"));
}
