// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_TESTS_APP_REPORT_TEST_DATA_H
#define ANDA_TESTS_APP_REPORT_TEST_DATA_H

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "report/run_info.h"
#include "system/op_record.h"

namespace report_test {

/// The counters that reports need, including two stall causes.
inline std::vector<anda::sim::CounterColumn> counters() {
  return {{"controller.cycles", "cycles", "all cycles"},
          {"stall.dram", "cycles", "waits for memory"},
          {"stall.buffer_full", "cycles", "waits for a half"},
          {"mxu.busy_cycles", "cycles", "computes"},
          {"mxu.pe_cycles", "cycles", "elements compute"},
          {"mxu.converted_values", "values", "aligned"},
          {"mxu.macs", "MACs", "real data"},
          {"vector_unit.macs", "MACs", "real data"},
          {"activation_buffer.mantissa_words_read", "words", "read"},
          {"activation_buffer.mantissa_words_written", "words", "written"},
          {"activation_buffer.exponent_words_read", "words", "read"},
          {"activation_buffer.exponent_words_written", "words", "written"},
          {"weight_buffer.words_read", "words", "read"},
          {"weight_buffer.words_written", "words", "written"},
          {"dram.read_bytes", "bytes", "read"},
          {"dram.write_bytes", "bytes", "written"},
          {"dram.read_bursts", "bursts", "read"},
          {"dram.write_bursts", "bursts", "written"}};
}

/// Counts by name; all others are 0.
inline anda::sim::Counts counts(const std::map<std::string, std::uint64_t>& values) {
  anda::sim::Counts counts;
  for (const auto& counter : counters()) {
    const auto value = values.find(counter.name);
    counts.push_back(value == values.end() ? 0 : value->second);
  }
  return counts;
}

/// Costs chosen for sums by hand: at 1 MHz, 1 mW is 1000 pJ per cycle.
inline anda::Technology technology() {
  anda::Technology t;
  t.name = "test";
  t.reference_clock_hz = 1e6;
  t.sram_energy_exponent = 0;
  t.mxu = {256, 256, 25.6, 256, "array by hand"};                      // 1000 pJ per element and cycle, 0.1 mm² each
  t.compressor = {1, 1, 1.6, 16, ""};                                  // 1000 pJ per cycle
  t.vector_unit = {2, 1, 6.4, 64, ""};                                 // 2000 pJ per cycle
  t.activation_buffer = {0.001, 1, 1179648e-6, 1179648, "a by hand"};  // 1 pJ per bit
  t.weight_buffer = {0.002, 1, 1048576e-6, 1048576, ""};               // 2 pJ per bit
  t.top_controller = {3, 1, 0.5, 1, ""};                               // 3000 pJ per cycle
  t.processing_elements[anda::PeKind::fp_fp] = {4, 5, ""};             // relative to the Anda element
  return t;
}

inline anda::AcceleratorConfig accelerator(anda::PeKind kind) {
  anda::AcceleratorConfig config;
  config.clock_hz = 1e6;
  config.mxu.processing_element = kind;
  return config;
}

inline anda::sim::RunInfo info() {
  anda::sim::RunInfo info;
  info.tool_version = "1.2.3";
  info.name = "by hand";
  info.level = "fast";
  info.workload = "two tensors";
  info.config_yaml = "name: by hand\n";
  info.config_sha256 = std::string(64, 'c');
  info.trace_sha256 = std::string(64, 'd');
  info.technology_sha256 = std::string(64, 'e');
  info.technology = technology();
  info.dram.energy.pj_per_bit = 0.5;
  info.dram.energy.source = "dram by hand";
  info.notes = {"A note of the test."};
  return info;
}

inline anda::sim::OpRecord record(std::uint64_t index, const std::string& tensor, anda::PeKind kind) {
  const bool anda_pe = kind == anda::PeKind::anda;
  anda::sim::OpRecord r;
  r.index = index;
  r.gemm = {"layer" + std::to_string(index) + ".proj", static_cast<std::uint32_t>(index), tensor, 16, 32, 100, 2, 0};
  r.task = {16, 32, 100, {anda_pe ? 7u : 0u, 64}, {anda_pe ? 5u : 0u, 64}, {4, 128}};
  r.step = {16, 64, 128, anda::LoopOrder::mkn};
  const std::uint64_t cycles = (anda_pe ? 100 : 200) + 10 * index;
  r.counts = counts({{"controller.cycles", cycles},
                     {"stall.dram", 20 + index},
                     {"stall.buffer_full", 5},
                     {"mxu.busy_cycles", cycles - 25 - index},
                     {"mxu.pe_cycles", (cycles - 25 - index) * 128},
                     {"mxu.macs", 102400},
                     {"activation_buffer.mantissa_words_read", 10},
                     {"activation_buffer.mantissa_words_written", 7},
                     {"activation_buffer.exponent_words_read", anda_pe ? 3u : 0u},
                     {"activation_buffer.exponent_words_written", anda_pe ? 1u : 0u},
                     {"weight_buffer.words_read", 20},
                     {"weight_buffer.words_written", 4},
                     {"dram.read_bytes", 3200},
                     {"dram.write_bytes", 1000},
                     {"dram.read_bursts", 100},
                     {"dram.write_bursts", 32}});
  return r;
}

/// Adds a record to the totals, as a simulation does.
inline void add(anda::sim::SystemResult& system, const anda::sim::OpRecord& r) {
  anda::sim::add_to(system.totals, r.counts);
  for (auto& [tensor, sum] : system.tensors) {
    if (tensor == r.gemm.tensor) return anda::sim::add_to(sum, r.counts);
  }
  system.tensors.emplace_back(r.gemm.tensor, r.counts);
}

struct Run {
  anda::sim::SimulationResult result;
  std::vector<std::vector<anda::sim::OpRecord>> records;  ///< by system
};

/// An FP-FP baseline and an Anda system, `ops` records each, of two tensor types.
inline Run run(std::uint64_t ops) {
  Run run;
  run.result.counters = counters();
  for (const anda::PeKind kind : {anda::PeKind::fp_fp, anda::PeKind::anda}) {
    anda::sim::SystemResult system;
    system.name = anda::name_of(anda::pe_kinds, kind);
    system.accelerator = accelerator(kind);
    run.records.emplace_back();
    for (std::uint64_t i = 0; i < ops; ++i) {
      run.records.back().push_back(record(i, i % 3 == 2 ? "A_d" : "A_qkv", kind));
      add(system, run.records.back().back());
    }
    run.result.systems.push_back(std::move(system));
  }
  return run;
}

}  // namespace report_test

#endif
