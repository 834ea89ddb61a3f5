// SPDX-License-Identifier: Apache-2.0
#include "system/simulation.h"

#include <anda/base/error.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <systemc>
#include <vector>

#include "app/trace_test_files.h"
#include "config/load.h"
#include "config/writer.h"
#include "models/machine.h"
#include "report/evaluation.h"
#include "report/system_model.h"
#include "system/compiler.h"
#include "system/data_host.h"
#include "system/survey.h"

using namespace anda::sim;

namespace {

class Records : public OpSink {
 public:
  void take(std::size_t system, const OpRecord& record) override {
    if (records.size() <= system) records.resize(system + 1);
    records[system].push_back(record);
  }
  std::vector<std::vector<OpRecord>> records;
};

RunConfig configuration(const std::vector<std::string>& overrides) {
  return load_run_config(std::string(ANDA_SOURCE_DIR) + "/configs/llama-13b.yaml", overrides);
}

SimulationResult run(const RunConfig& config, OpSink& sink) {
  return simulate(
      config, [&config] { return open_workload(config); }, survey(config, [] { return true; }).macs, sink,
      [](double) { return true; });
}

}  // namespace

TEST_CASE("LLaMA-13B at [7, 5, 6, 6] takes the power and area of Table III on every component") {
  // Layers are alike, and power is an average: one layer is as good as forty.
  const RunConfig config = configuration({"workload.layers=1"});
  Records sink;
  const SimulationResult result = run(config, sink);
  const Evaluation evaluation(result, config.dram, config.technology);
  const auto value = [&](std::size_t system, const std::string& key) {
    return number_of(evaluation.value(system, result.systems[system].totals, key));
  };

  struct Published {
    const char* component;
    double power_mw;
    double area_mm2;
  };
  const Published table_iii[] = {{"mxu", 54.34, 0.41},          {"compressor", 1.06, 0.07},
                                 {"vector_unit", 0.87, 0.05},   {"activation_buffer", 16.94, 0.87},
                                 {"weight_buffer", 7.96, 0.80}, {"top_controller", 0.01, 0.01}};
  for (const Published& published : table_iii) {
    INFO(published.component);
    CHECK(value(1, "power_" + std::string(published.component) + "_mw") ==
          Approx(published.power_mw).epsilon(0.005).margin(0.001));
    CHECK(value(1, "area_" + std::string(published.component) + "_mm2") == Approx(published.area_mm2).epsilon(1e-9));
  }
  CHECK(value(1, "power_on_chip_mw") == Approx(81.18).epsilon(0.005));

  // The published total of 2.17 mm² is less than its components, 2.21.
  CHECK(value(1, "area_total_mm2") == Approx(2.21).epsilon(1e-9));
  // Published ratio of areas = area efficiency / speedup = 4.03 / 2.49 and 3.47 / 2.14.
  const double ratio = value(0, "area_total_mm2") / value(1, "area_total_mm2");
  CHECK(ratio == Approx(4.03 / 2.49).epsilon(0.02));
  CHECK(ratio == Approx(3.47 / 2.14).epsilon(0.02));

  // Ideal cycles go as (M + 1) / 16, weighted with the multiply-accumulates of each tensor type.
  const double d = 5120, f = 13824;
  const double ideal = (3 * d * d * 8 + d * d * 6 + 2 * d * f * 7 + d * f * 7) / (16 * (4 * d * d + 3 * d * f));
  CHECK(number_of(evaluation.ratios(1).speedup) == Approx(1 / ideal).epsilon(1e-4));
}

TEST_CASE("All systems have the same clock, array, memories and ports, and the same peak throughput") {
  const RunConfig config = configuration({});
  anda::AcceleratorConfig reference = accelerator_of(config, anda::PeKind::fp_fp);
  RunConfig as_text = config;
  as_text.accelerator = reference;
  for (const auto& kind : anda::pe_kinds) {
    INFO(kind.name);
    const anda::AcceleratorConfig machine = accelerator_of(config, kind.value);
    const auto element = anda::make_processing_element(machine.mxu, machine.format);
    // An array takes in the same elements a pass; 16 cycles of it are the peak that systems share, Anda at 15 bits.
    CHECK(element->group_elements() == 64);
    CHECK(element->group_cycles(15, 4) <= 16);
    // Everything but the element, with every key, as the effective configuration has it.
    RunConfig own = config;
    own.accelerator = machine;
    own.accelerator.mxu.processing_element = reference.mxu.processing_element;
    CHECK(anda::sim::to_yaml(own) == anda::sim::to_yaml(as_text));
  }
}

TEST_CASE("Two SRAMs of about the same size cost about the same energy a bit, each from its own row of Table III") {
  const anda::Technology technology = anda::technology_16nm();
  const auto bit_pj = [&](const anda::BlockCost& cost) {
    return cost.power_mw * 1e9 / technology.reference_clock_hz / cost.actions_per_cycle;
  };
  CHECK(bit_pj(technology.activation_buffer) == Approx(bit_pj(technology.weight_buffer)).epsilon(0.05));
}

TEST_CASE("Equal GeMMs have equal counts in every layer") {
  const std::vector<std::string> small{"workload.layers=3", "workload.tokens=70", "precision.layers.1={A_o: 9}",
                                       "systems=[fp-fp, anda]"};
  Records one_by_one;
  run(configuration(small), one_by_one);
  REQUIRE(one_by_one.records.size() == 2);
  REQUIRE(one_by_one.records[1].size() == 21);
  // Layers 0 and 2 are alike but for the width in which the results of layer 0's down projection are kept for layer 1.
  for (std::size_t i = 0; i < 7; ++i) {
    CHECK(one_by_one.records[0][i].counts == one_by_one.records[0][14 + i].counts);
    CHECK(one_by_one.records[1][i].counts == one_by_one.records[1][14 + i].counts);
  }
  CHECK(one_by_one.records[1][3].task.input.mantissa_bits == 5);
  CHECK(one_by_one.records[1][10].task.input.mantissa_bits == 9);
  CHECK(one_by_one.records[1][9].task.output.mantissa_bits == 9);  // v_proj of layer 1 writes what o_proj reads
}

TEST_CASE("A repeated GeMM is not simulated again but takes its time") {
  Records sink;
  const RunConfig config = configuration({"workload.layers=40", "workload.tokens=8", "systems=[anda]"});
  const SimulationResult result = run(config, sink);
  std::uint64_t cycles = 0;
  for (const OpRecord& record : sink.records[0]) cycles += record.counts[CounterIndex(result.counters).cycles];
  const double seconds = static_cast<double>(cycles) / config.accelerator.clock_hz;
  CHECK(sc_core::sc_time_stamp().to_seconds() == Approx(seconds).epsilon(1e-9));
  // One instant for each of 280 GeMMs, and a few for the first of its kind.
  CHECK(sc_core::sc_delta_count() < 2 * 280);
}

TEST_CASE("Formats follow tensor, layer and consumer") {
  const RunConfig config = configuration({"precision.layers.1={A_qkv: 12}", "precision.other=3"});
  const Compiler anda_compiler(config, accelerator_of(config, anda::PeKind::anda));
  const Compiler fp_compiler(config, accelerator_of(config, anda::PeKind::fp_fp));
  Gemm gemm;
  gemm.m = gemm.n = gemm.k = 64;
  const auto formats = [&](std::uint32_t layer, const char* tensor) {
    gemm.layer = layer;
    gemm.tensor = tensor;
    const auto task = anda_compiler.task(gemm);
    return std::make_pair(task.input.mantissa_bits, task.output.mantissa_bits);
  };
  CHECK(formats(0, "A_qkv") == std::make_pair(7u, 5u));
  CHECK(formats(0, "A_o") == std::make_pair(5u, 6u));
  CHECK(formats(0, "A_u") == std::make_pair(6u, 6u));
  CHECK(formats(0, "A_d") == std::make_pair(6u, 12u));  // the next layer's A_qkv
  CHECK(formats(1, "A_qkv") == std::make_pair(12u, 5u));
  CHECK(formats(1, "A_d") == std::make_pair(6u, 7u));
  CHECK(formats(0, "router") == std::make_pair(3u, 3u));
  CHECK(fp_compiler.task(gemm).input.is_fp16());
  CHECK(fp_compiler.task(gemm).output.is_fp16());

  const RunConfig plain = configuration({"precision.output=fp16"});
  const Compiler plain_compiler(plain, accelerator_of(plain, anda::PeKind::anda));
  gemm.tensor = "A_o";
  CHECK(plain_compiler.task(gemm).output.is_fp16());
}

TEST_CASE("Operands that the memory cannot hold, and weights too wide for the array, are refused") {
  const RunConfig config = configuration({"dram.capacity_bytes=1048576"});
  CHECK_THROWS_WITH(survey(config, [] { return true; }), Catch::Contains("dram.capacity_bytes is 1048576"));
  const RunConfig wide = configuration({});
  const Compiler compiler(wide, accelerator_of(wide, anda::PeKind::anda));
  Gemm gemm;
  gemm.name = "wide";
  gemm.m = gemm.n = gemm.k = 64;
  gemm.weight_bits = 8;
  CHECK_THROWS_WITH(compiler.task(gemm), Catch::Contains("GeMM 'wide': weight_bits = 8"));
}

TEST_CASE("A run can be stopped") {
  const RunConfig config = configuration({"workload.layers=2"});
  Records sink;
  CHECK_THROWS_WITH(simulate(
                        config, [&config] { return open_workload(config); }, 1, sink, [](double) { return false; }),
                    "interrupted");
}

TEST_CASE("A clock so slow that simulated time ends before the run does is an error of the run") {
  // LLaMA-13B has 1.1e10 cycles on this machine; 2^63 ps hold 9.7e9 of 1050 Hz.
  Records sink;
  const RunConfig config = configuration({"accelerator.clock_hz=1050"});
  REQUIRE_THROWS_WITH(run(config, sink), Catch::Contains("simulated time reached its limit, 9223372"));
}

TEST_CASE("Progress of a run never decreases and goes from 0 to 1 over all systems") {
  const RunConfig config = configuration(
      {"workload.layers=4", "workload.tokens=4096", "simulation.fast_forward=false", "systems=[fp-fp, fp-int, anda]"});
  Records sink;
  std::vector<double> shares;
  simulate(
      config, [&config] { return open_workload(config); }, survey(config, [] { return true; }).macs, sink,
      [&](double share) {
        shares.push_back(share);
        return true;
      });
  REQUIRE(shares.size() > 3);
  CHECK(std::is_sorted(shares.begin(), shares.end()));
  CHECK(shares.front() >= 0);
  CHECK(shares.front() < 0.5);
  CHECK(shares.back() == Approx(1));
  CHECK(sink.records.size() == 3);
}

TEST_CASE("Operands lie apart in memory, each at a multiple of 4096") {
  const RunConfig config = configuration({});
  for (const anda::PeKind system : {anda::PeKind::fp_fp, anda::PeKind::anda}) {
    const anda::AcceleratorConfig machine = accelerator_of(config, system);
    const Compiler compiler(config, machine);
    Gemm gemm;
    gemm.name = "g";
    gemm.tensor = "A_u";
    gemm.m = 100;
    gemm.n = 200;
    gemm.k = 640;
    const anda::GemmTask task = compiler.task(gemm);
    const anda::GemmDescriptor descriptor = compiler.compile(task);
    const std::uint64_t weights = 640 * 208 / 2 + 640 / 128 * 208 * 2;
    const std::uint64_t activation_bits = task.input.is_fp16() ? 16 : task.input.mantissa_bits + 1;
    const std::uint64_t activations = 100 * 640 * activation_bits / 8;
    const auto& at = descriptor.addresses;
    CAPTURE(at.activations, at.weights, at.outputs, at.partial_sums);
    CHECK(at.activations == 0);
    for (const std::uint64_t address : {at.weights, at.outputs}) CHECK(address % 4096 == 0);
    CHECK(at.weights >= activations);
    CHECK(at.weights < activations + activations / 4 + 8192);
    CHECK(at.outputs >= at.weights + 640 * 200 / 2);
    CHECK(at.outputs < at.weights + weights + 8192);
  }
}

TEST_CASE("A survey counts the GeMMs of the first layers, and notes what has no effect") {
  trace_test::Folder folder;
  const std::string trace =
      folder.file("t.csv",
                  "name,layer,tensor,m,k,n,count\n"
                  "a,0,A_qkv,10,64,20,3\nb,1,A_o,5,65,7,1\nc,2,A_u,1,64,1,1\nd,1,A_d,2,128,3,1\n");
  RunConfig config = configuration({"workload={trace: " + trace + "}", "precision.layers={1: {A_o: 9}, 4: {A_o: 9}}"});
  const auto surveyed = [&](std::uint32_t layers) {
    config.workload.layers = layers;
    return survey(config, [] { return true; });
  };
  const Survey all = surveyed(0);
  CHECK(all.gemms == 4);
  CHECK(all.macs == 10 * 64 * 20 * 3 + 5 * 65 * 7 + 64 + 2 * 128 * 3);
  REQUIRE(all.notes.size() == 2);
  CHECK_THAT(all.notes[0], Catch::StartsWith("k of 1 of 4 GeMMs is not a multiple of the group of 64"));
  CHECK(all.notes[1] == "precision.layers.4 has no effect: the last layer of the workload is 2.");
  const Survey two = surveyed(2);
  CHECK(two.gemms == 3);
  CHECK(two.macs == all.macs - 64);
  CHECK(two.sha256 != all.sha256);
  CHECK(surveyed(3).sha256 == all.sha256);
  const Survey one = surveyed(1);
  CHECK(one.gemms == 1);
  REQUIRE(one.notes.size() == 2);
  CHECK(one.notes[0] == "precision.layers.1 has no effect: the last layer of the workload is 0.");
  CHECK_THROWS_WITH(survey(config, [] { return false; }), "interrupted");
}

TEST_CASE("A workload has up to 256 types of tensors") {
  trace_test::Folder folder;
  const auto with = [&](int types) {
    std::string text = "name,layer,tensor,m,k,n\n";
    for (int i = 0; i < types; ++i) text += fmt::format("g{0},0,t{0},1,64,1\n", i);
    return configuration({"workload={trace: " + folder.file("t.csv", text) + "}"});
  };
  CHECK(survey(with(256), [] { return true; }).gemms == 256);
  CHECK_THROWS_WITH(survey(with(257), [] { return true; }),
                    Catch::Contains("GeMM 'g256': tensor 't256' is the 257th type of tensor; at most 256"));
}

TEST_CASE("Layers of other lengths of queries or probabilities are not folded") {
  const auto operations_of = [](const std::vector<std::string>& more) {
    std::vector<std::string> overrides{"workload.scope=layer", "workload.layers=3", "workload.tokens=16",
                                       "simulation.fold_layers=true"};
    overrides.insert(overrides.end(), more.begin(), more.end());
    const RunConfig config = configuration(overrides);
    const std::unique_ptr<GemmSource> source = open_workload(config);
    std::size_t count = 0;
    for (Gemm gemm; source->next(gemm);) ++count;
    return count;
  };
  const std::size_t folded = operations_of({});
  CHECK(operations_of({"precision.layers.1.A_q=6"}) == 2 * folded);
  CHECK(operations_of({"precision.layers.1.A_p=6"}) == 2 * folded);
}

TEST_CASE("Each element takes the formats of the cache that it multiplies, the vector unit the others") {
  const auto units_of = [](const std::string& system, const std::vector<std::string>& more) {
    std::vector<std::string> overrides{"workload.scope=layer", "workload.tokens=64", "systems=[" + system + "]"};
    overrides.insert(overrides.end(), more.begin(), more.end());
    const RunConfig config = configuration(overrides);
    const Compiler compiler(config, accelerator_of(config, config.systems.front()));
    const std::unique_ptr<GemmSource> source = open_workload(config);
    std::string units;
    for (Gemm gemm; source->next(gemm);) {
      if (gemm.kind != OpKind::attention_scores && gemm.kind != OpKind::attention_values) continue;
      units += std::holds_alternative<anda::VectorTask>(compiler.work(gemm)) ? 'v' : 'a';
    }
    return units;
  };
  const auto format = [](const char* number, int bits) {
    std::vector<std::string> keys;
    for (const char* const operand : {"k", "v"}) {
      keys.push_back(fmt::format("kv_cache.{}.format={}", operand, number));
      keys.push_back(fmt::format("kv_cache.{}.bits={}", operand, bits));
    }
    return keys;
  };
  CHECK(units_of("fp-fp", {}) == "aa");
  CHECK(units_of("anda", {}) == "vv");
  CHECK(units_of("figna", {}) == "vv");
  CHECK(units_of("anda", format("int", 4)) == "aa");
  CHECK(units_of("anda", format("anda", 4)) == "aa");
  CHECK(units_of("anda", format("int", 8)) == "vv");   // wider than the lanes
  CHECK(units_of("fp-fp", format("int", 8)) == "aa");  // dequantised
  std::vector<std::string> across = format("int", 4);
  across.emplace_back("kv_cache.k.axis=channel");
  CHECK(units_of("anda", across) == "va");
}

TEST_CASE("Operands beyond the end of a memory end a functional simulation with the address") {
  struct Reader : DataHost {
    using DataHost::DataHost;
    using DataHost::read;
    void place(const OpRecord&, std::uint64_t, const anda::GemmAddresses&) override {}
    void collect(const OpRecord&, std::uint64_t, const anda::GemmAddresses&, DataErrors&) override {}
  };
  const RunConfig config = configuration({"dram.store_data=true"});
  anda::test::Machine machine(accelerator_of(config, config.systems.front()), config.dram);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);
  Reader host(config, "fp-fp", machine.accelerator);
  const std::uint64_t capacity = config.dram.capacity_bytes;
  CHECK(host.read(capacity - 16, 16) == std::vector<std::uint8_t>(16));
  CHECK_THROWS_WITH(host.read(capacity - 16, 17),
                    Catch::Contains(fmt::format("external memory refused data at address {}", capacity - 16)));
}
