// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include <filesystem>

#include "app/config_test.h"
#include "config/writer.h"

using anda::sim::load_run_config;
using anda::sim::parse_run_config;
using anda::sim::RunConfig;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

const std::string llama = "workload: {model: LLaMA-13B}\n";

std::string error_of_file(const std::string& path, const std::vector<std::string>& overrides = {}) {
  return error_of([&] { load_run_config(path, overrides); });
}

}  // namespace

TEST_CASE("the file's keys are put over those of its base", "[config]") {
  TemporaryFolder folder;
  folder.write("common/base.yaml",
               "name: base\nworkload: {model: OPT-30B, tokens: 5}\nsystems: [anda]\n"
               "precision: [7, 5, 6, 6]\naccelerator: {mxu: {rows: 8, columns: 4}}\n");
  folder.write("middle.yaml",
               "base: common/base.yaml\naccelerator: {mxu: {rows: 32}}\nprecision: {A_o: 9, layers: {2: 4}}\n");
  const RunConfig config = load_run_config(folder.write("top.yaml",
                                                        "base: ./middle.yaml\nname: top\nsystems: [fp-fp]\n"
                                                        "precision: {layers: {2: {A_o: 3}, 5: [1, 2, 3, 4]}}\n"));
  CHECK(config.name == "top");
  CHECK(config.workload.model == "OPT-30B");
  CHECK(config.workload.tokens == 5);
  CHECK(config.systems == std::vector<anda::Element>{anda::PeKind::fp_fp});
  CHECK(config.accelerator.mxu.rows == 32);
  CHECK(config.accelerator.mxu.columns == 4);
  CHECK(config.precision.a_qkv == 7);
  CHECK(config.precision.a_o == 9);
  CHECK(config.precision.mantissa_bits(2, "A_qkv") == 4);
  CHECK(config.precision.mantissa_bits(2, "A_o") == 3);
  CHECK(config.precision.mantissa_bits(5, "A_d") == 4);
  CHECK_THAT(anda::sim::to_yaml(config), !Contains("base:"));
}

TEST_CASE("problems are reported in the file that has them", "[config]") {
  TemporaryFolder folder;
  const std::string base =
      folder.write("base.yaml", "workload: {model: OPT-30B}\ndram: {channels: 0, refresh_interval_ns: 100}\n");
  const std::string top = folder.write("top.yaml", "base: base.yaml\ndram: {chanels: 2}\n");
  const std::string error = error_of_file(top);
  CHECK_THAT(error, Contains(base + ":2:8: dram.channels: is 0"));
  CHECK_THAT(error, Contains(top + ":2:8: dram.chanels: is not a key"));

  // A rule that the two break together is reported where the section was last touched.
  folder.write("base.yaml", "workload: {model: OPT-30B}\ndram: {refresh_interval_ns: 100, refresh_cycle_ns: 50}\n");
  CHECK_THAT(error_of_file(folder.write("top.yaml", "base: base.yaml\n\ndram: {refresh_cycle_ns: 100}\n")),
             StartsWith(top + ":3:8: dram.refresh_cycle_ns: is 100, must be below"));
  CHECK_THAT(error_of_file(folder.write("top.yaml", "base: base.yaml\n\ndram: {refresh_interval_ns: 50}\n")),
             StartsWith(base + ":2:34: dram.refresh_cycle_ns: is 50, must be below"));

  for (const char* wrong : {"''", "[a.yaml]", "{a: 1}"}) {
    INFO(wrong);
    const std::string other = folder.write("other.yaml", llama + "base: " + wrong + "\n");
    CHECK_THAT(error_of_file(other), StartsWith(other + ":2:") && Contains("base: must be the path of a YAML file"));
  }
  folder.write("base.yaml", "");
  CHECK_THAT(error_of_file(top), StartsWith(base + ": is empty"));
  folder.write("base.yaml", "a: [\n");
  CHECK_THAT(error_of_file(top), StartsWith(base + ":2:1: not valid YAML"));
}

TEST_CASE("a file that is based on itself is refused", "[config]") {
  TemporaryFolder folder;
  const std::string own = folder.write("own.yaml", llama + "base: own.yaml\n");
  CHECK(error_of_file(own) == own + ":2:1: base: " + own + " is based on itself");
  folder.write("a.yaml", llama + "base: sub/b.yaml\n");
  const std::string b = folder.write("sub/b.yaml", "base: ../sub/../a.yaml\n");
  CHECK_THAT(error_of_file(folder.path("a.yaml")),
             StartsWith(b + ":1:1: base: ") && Contains("a.yaml is based on itself"));
}

TEST_CASE("overrides change keys of every kind, the last one wins", "[config]") {
  const RunConfig config = parse_run_config(
      llama + "precision: [7, 5, 6, 6]\nname: a\n", "f.yaml",
      {"accelerator.mxu.rows=32", "accelerator.mxu.rows=64", "name=b = c", "systems=[anda]", "precision.layers.3.A_o=5",
       "precision.A_d=2", "simulation.fold_layers=true", "tiling=auto", "dram={channels: 4, latency_ns: 2.5}",
       "technology.mxu.power_mw=1.5", "precision.layers.4=[1, 2, 3, 4]", "accelerator.clock_hz=1e9"});
  CHECK(config.accelerator.mxu.rows == 64);
  CHECK(config.name == "b = c");
  CHECK(config.systems == std::vector<anda::Element>{anda::PeKind::anda});
  CHECK(config.precision.mantissa_bits(3, "A_o") == 5);
  CHECK(config.precision.mantissa_bits(3, "A_qkv") == 7);
  CHECK(config.precision.mantissa_bits(4, "A_u") == 3);
  CHECK(config.precision.a_d == 2);
  CHECK(config.simulation.fold_layers);
  CHECK(config.tiling == anda::Tiling::automatic);
  CHECK(config.dram.channels == 4);
  CHECK(config.dram.latency_ns == 2.5);
  CHECK(config.technology.mxu.power_mw == 1.5);
  CHECK(config.technology.mxu.area_mm2 == 0.41);
  CHECK(config.accelerator.clock_hz == 1e9);
}

TEST_CASE("overrides repair and break what the file has", "[config]") {
  CHECK(error_in(llama + "dram: {channels: 0}\n", {"dram.channels=4"}).empty());
  CHECK(error_in(llama, {"dram.refresh_interval_ns=100"}) ==
        "--set dram.refresh_interval_ns=100: dram.refresh_cycle_ns: is 260, must be below refresh_interval_ns = 100");
  CHECK(error_in(llama, {"accelerator.mxu.row=8"})
            .find("--set accelerator.mxu.row=8: accelerator.mxu.row: is not a key") == 0);
  CHECK(error_in(llama, {"rows"}) == "--set rows: must be key=value, such as accelerator.mxu.rows=32");
  CHECK_THAT(error_in(llama, {"=3"}), Contains("must be key=value"));
  for (const char* key : {"a.", ".a", "a..b", "."}) {
    CHECK_THAT(error_in(llama, {std::string(key) + "=1"}), Contains("empty part"));
  }
  CHECK(error_in(llama, {"base=x.yaml"}) == "--set base=x.yaml: base: can only be given in a file");
  CHECK_THAT(error_in(llama, {"name="}), Contains("name: has no value, must be text"));
  CHECK_THAT(error_in(llama, {"dram.channels=[1"}), StartsWith("--set dram.channels=[1: not valid YAML"));
  CHECK_THAT(error_in(llama, {"dram={channels: 1, channels: 2}"}), Contains("channels: is given twice"));
  CHECK_THAT(error_in(llama, {"dram=*x"}), Contains("not valid YAML"));
  CHECK_THAT(error_in(llama, {"dram.channels.x=1"}), Contains("dram.channels: is a map, must be a whole number"));
  CHECK_THAT(error_in(llama, {std::string(100000, '.') + "=1"}), Contains("nested more than 32"));
}

TEST_CASE("another workload replaces the one below", "[config]") {
  TemporaryFolder folder;
  const std::string trace = folder.write("t.csv", "");
  const RunConfig config = parse_run_config(llama, "f.yaml", {"workload.trace=" + trace});
  CHECK(config.workload.model.empty());
  CHECK(config.workload.trace == trace);
  CHECK(
      parse_run_config(llama, "f.yaml", {"workload.trace=" + trace, "workload.model=OPT-13B"}).workload.trace.empty());
  CHECK_THAT(error_in(llama, {"workload={model: OPT-30B, trace: " + trace + "}"}),
             Contains("is given together with model"));
  CHECK(parse_run_config(llama, "f.yaml", {"workload.trace=''"}).workload.model == "LLaMA-13B");
  CHECK_THAT(error_in(llama, {"workload.model=''"}), Contains("has nothing to run"));

  // The effective configuration names all three; one of them can be replaced all the same.
  const std::string effective = folder.write("effective.yaml", anda::sim::to_yaml(config));
  CHECK(load_run_config(effective, {"workload.model=OPT-13B"}).workload.model == "OPT-13B");
  CHECK(load_run_config(folder.write("top.yaml", "base: effective.yaml\nworkload: {model: OPT-13B}\n"))
            .workload.trace.empty());
}

TEST_CASE("paths are relative to the file that names them, those of --set to the current folder", "[config]") {
  TemporaryFolder folder;
  const std::string trace = folder.write("base/t.csv", "");
  folder.write("base/base.yaml", "workload: {trace: t.csv}\n");
  const std::string top = folder.write("top/top.yaml", "base: ../base/base.yaml\n");
  CHECK(load_run_config(top).workload.trace == trace);
  std::filesystem::current_path(folder.path("base"));
  CHECK(load_run_config(top, {"workload.config_json=t.csv"}).workload.config_json == trace);
  CHECK(load_run_config("base.yaml").workload.trace == trace);
  std::filesystem::current_path("/");
}

TEST_CASE("a technology file has every key, and keys can be changed on top of it", "[config]") {
  TemporaryFolder folder;
  std::string text = read_text(ANDA_SOURCE_DIR "/configs/technology/16nm.yaml");
  text.replace(text.find("54.34"), 5, "99.5");
  folder.write("tech/mine.yaml", text);
  const std::string top = folder.write("top.yaml", llama + "technology: tech/mine.yaml\n");
  CHECK(load_run_config(top).technology.mxu.power_mw == 99.5);
  const RunConfig changed = load_run_config(top, {"technology.mxu.area_mm2=3"});
  CHECK(changed.technology.mxu.power_mw == 99.5);
  CHECK(changed.technology.mxu.area_mm2 == 3);
  CHECK(load_run_config(
            folder.write("derived.yaml", "base: top.yaml\ntechnology: {conversion: {energy_pj_per_value: 1}}\n"))
            .technology.mxu.power_mw == 99.5);
  CHECK(parse_run_config(llama, "f.yaml", {"technology=" + folder.path("tech/mine.yaml")}).technology.mxu.power_mw ==
        99.5);

  // A technology file may have a base too.
  folder.write("tech/base.yaml", text);
  folder.write("tech/mine.yaml", "base: base.yaml\nname: mine\n");
  CHECK(load_run_config(top).technology.name == "mine");

  const std::string mine = folder.write("tech/mine.yaml", "name: mine\nmxu:\n  power_mw: x\n  area: 3\n");
  const std::string error = error_of_file(top);
  CHECK_THAT(error, Contains(mine + ": reference_clock_hz: is missing"));
  CHECK_THAT(error, Contains(mine + ": processing_elements: is missing"));
  CHECK_THAT(error, Contains(mine + ":2:1: mxu.area_mm2: is missing"));
  CHECK_THAT(error, Contains(mine + ":3:3: mxu.power_mw: is `x`, must be a number"));
  CHECK_THAT(error, Contains(mine + ":4:3: mxu.area: is not a key"));
  CHECK_THAT(error, Contains("`area` is a key of processing_elements.fp-fp, processing_elements.fp-int, "));
}

TEST_CASE("the technology in the program is the one in the source tree", "[config]") {
  const RunConfig embedded = parse_run_config(llama, "f.yaml");
  const RunConfig file =
      parse_run_config(llama, "f.yaml", {"technology=" ANDA_SOURCE_DIR "/configs/technology/16nm.yaml"});
  CHECK(anda::sim::to_yaml(embedded) == anda::sim::to_yaml(file));
  CHECK(embedded.technology.mxu.power_mw == 54.34);
}
