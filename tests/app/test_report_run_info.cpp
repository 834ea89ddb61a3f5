// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "config/load.h"
#include "config/writer.h"
#include "report/run_info.h"

using namespace anda::sim;

namespace {

RunInfo info_of(const std::vector<std::string>& overrides) {
  return run_info(default_run_config(overrides), "1.2.3", "hash", {"note"});
}

}  // namespace

TEST_CASE("The run information of a report follows from its configuration") {
  const RunInfo info = info_of({"name=mine", "tiling=auto", "precision.output=fp16", "dram.channels=8"});
  CHECK(info.tool_version == "1.2.3");
  CHECK(info.name == "mine");
  CHECK(info.level == "fast");
  CHECK(info.workload == "LLaMA-13B, prefill of 2048 tokens, batch 1");
  CHECK(info.config_yaml.find("mine") != std::string::npos);
  CHECK(info.config_sha256.size() == 64);
  CHECK(info.trace_sha256 == "hash");
  CHECK_FALSE(info.paper_tiling);
  CHECK_FALSE(info.consumer_outputs);
  CHECK(info.dram.channels == 8);
  CHECK_FALSE(info.technology.mxu.source.empty());
  CHECK(info.notes == std::vector<std::string>{"note"});
}

TEST_CASE("A report names the levels of accelerator and memory together") {
  CHECK(info_of({}).level == "fast");
  CHECK(info_of({"dram.level=detailed"}).level == "detailed");
  CHECK(info_of({"accelerator.level=cycle"}).level == "cycle");
  CHECK(info_of({"accelerator.level=cycle", "dram.level=detailed"}).level == "cycle, memory detailed");
}

TEST_CASE("The workload is described without folders") {
  CHECK(info_of({"workload.phase=decode", "workload.tokens=100", "workload.batch=8", "workload.layers=1"}).workload ==
        "LLaMA-13B, decode of one token after 100, batch 8, first layer");
  // Files that need not be there, since nothing reads them.
  RunConfig config = default_run_config();
  config.workload.model.clear();
  config.workload.trace = "/some/where/mine.csv";
  config.workload.layers = 2;
  CHECK(run_info(config, "", "").workload == "trace mine.csv, first 2 layers");
  config.workload.trace.clear();
  config.workload.config_json = "/some/where/config.json";
  config.workload.layers = 0;
  CHECK(run_info(config, "", "").workload == "config.json, prefill of 2048 tokens, batch 1");
}
