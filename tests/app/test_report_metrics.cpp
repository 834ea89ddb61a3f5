// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <set>

#include "app/report_test_data.h"
#include "report/evaluation.h"

using namespace anda::sim;

namespace {

Evaluation evaluation_of(const report_test::Run& run) {
  return Evaluation(run.result, report_test::info().dram, report_test::technology());
}

double metric(const Evaluation& evaluation, std::size_t system, const char* key) {
  return number_of(evaluation.value(system, evaluation.result().systems[system].totals, key));
}

}  // namespace

TEST_CASE("Metrics of a system are what its counts give by hand") {
  const report_test::Run run = report_test::run(1);
  const Evaluation evaluation = evaluation_of(run);
  // Anda: 100 cycles at 1 MHz, 75 busy with half of the 256 elements.
  CHECK(metric(evaluation, 1, "cycles") == 100);
  CHECK(metric(evaluation, 1, "time_s") == Approx(100e-6));
  CHECK(metric(evaluation, 1, "busy_cycles") == 75);
  CHECK(metric(evaluation, 1, "utilization") == Approx(0.75));
  CHECK(metric(evaluation, 1, "pe_utilization") == Approx(0.375));
  CHECK(metric(evaluation, 1, "stall_dram_cycles") == 20);
  CHECK(metric(evaluation, 1, "stall_buffer_full_cycles") == 5);
  CHECK(metric(evaluation, 1, "macs") == 102400);
  CHECK(metric(evaluation, 1, "macs_per_cycle") == Approx(1024));
  CHECK(metric(evaluation, 1, "effective_tops") == Approx(2 * 102400 / 100e-6 / 1e12));
  CHECK(metric(evaluation, 1, "dram_read_bytes") == 3200);
  CHECK(metric(evaluation, 1, "dram_write_bytes") == 1000);
  CHECK(metric(evaluation, 1, "dram_bandwidth_bytes_per_s") == Approx(42e6));
  CHECK(metric(evaluation, 1, "dram_peak_bytes_per_s") == Approx(256e9));
  CHECK(metric(evaluation, 1, "dram_utilization") == Approx(42e6 / 256e9));
  // Words of 1024 bits, exponent words of 80.
  CHECK(metric(evaluation, 1, "sram_read_bytes") == (10 * 1024 + 3 * 80 + 20 * 1024) / 8.0);
  CHECK(metric(evaluation, 1, "sram_write_bytes") == (7 * 1024 + 1 * 80 + 4 * 1024) / 8.0);
  // 1000 pJ for each of 75 · 128 element cycles; 1000 + 2000 + 3000 pJ for each of 100 cycles.
  CHECK(metric(evaluation, 1, "energy_mxu_pj") == Approx(9.6e6));
  CHECK(metric(evaluation, 1, "energy_compressor_pj") == Approx(1e5));
  CHECK(metric(evaluation, 1, "energy_vector_unit_pj") == Approx(2e5));
  CHECK(metric(evaluation, 1, "energy_top_controller_pj") == Approx(3e5));
  CHECK(metric(evaluation, 1, "energy_compute_pj") == Approx(10.2e6));
  // 1 pJ a bit of activations, 2 pJ a bit of weights.
  CHECK(metric(evaluation, 1, "energy_activation_buffer_pj") == Approx(17 * 1024 + 4 * 80));
  CHECK(metric(evaluation, 1, "energy_weight_buffer_pj") == Approx(2 * 24 * 1024));
  CHECK(metric(evaluation, 1, "energy_sram_pj") == Approx(17 * 1024 + 4 * 80 + 2 * 24 * 1024));
  CHECK(metric(evaluation, 1, "energy_dram_pj") == Approx(132 * 32 * 8 * 0.5));
  CHECK(metric(evaluation, 1, "energy_total_pj") == Approx(10.2e6 + 66880 + 16896));
  // 10.2 µJ in 100 µs are 102 mW.
  CHECK(metric(evaluation, 1, "power_on_chip_mw") == Approx(102 + 0.6688));
  CHECK(metric(evaluation, 1, "power_mxu_mw") == Approx(96));
  CHECK(metric(evaluation, 1, "power_dram_mw") == Approx(0.16896));
  CHECK(metric(evaluation, 1, "tops_per_w") == Approx(2 * 102400 / (10.2e6 + 66880 + 16896)));
  CHECK(metric(evaluation, 1, "on_chip_tops_per_w") == Approx(2 * 102400 / (10.2e6 + 66880)));
  CHECK(metric(evaluation, 1, "area_mxu_mm2") == Approx(25.6));
  CHECK(metric(evaluation, 1, "area_total_mm2") == Approx(25.6 + 1.6 + 6.4 + 1179648e-6 + 1048576e-6 + 0.5));
  CHECK(metric(evaluation, 1, "tops_per_mm2") ==
        Approx(metric(evaluation, 1, "effective_tops") / metric(evaluation, 1, "area_total_mm2")));
  // FP-FP: elements of 4 times the area and 5 times the power, no compressor.
  CHECK(metric(evaluation, 0, "area_mxu_mm2") == Approx(4 * 25.6));
  CHECK(metric(evaluation, 0, "energy_mxu_pj") == Approx(5 * 175 * 128 * 1000.0));
  CHECK(metric(evaluation, 0, "area_compressor_mm2") == 0);
}

TEST_CASE("Ratios against the baseline") {
  const Evaluation evaluation = evaluation_of(report_test::run(1));
  const Ratios ratios = evaluation.ratios(1);
  CHECK(number_of(ratios.speedup) == Approx(2));  // 200 cycles against 100
  const double chip = 6.4 + 1179648e-6 + 1048576e-6 + 0.5;
  CHECK(number_of(ratios.area_efficiency) == Approx(2 * (4 * 25.6 + chip) / (25.6 + 1.6 + chip)));
  const double baseline = 5 * 175 * 128 * 1000.0 + 200 * 5000.0 + 17 * 1024 + 2 * 24 * 1024 + 16896;
  CHECK(number_of(ratios.energy_efficiency) == Approx(baseline / (10.2e6 + 66880 + 16896)));
  const Ratios itself = evaluation.ratios(0);
  CHECK(number_of(itself.speedup) == 1);
  CHECK(number_of(itself.area_efficiency) == 1);
  CHECK(number_of(itself.energy_efficiency) == 1);
}

TEST_CASE("Ops, tensor types and the whole system add up") {
  const report_test::Run run = report_test::run(20);
  const Evaluation evaluation = evaluation_of(run);
  for (const Metric& entry : evaluation.metrics()) {
    // Shares, rates and powers are no sums.
    const bool adds = entry.scope == Metric::Scope::everywhere &&
                      (entry.unit == "cycles" || entry.unit == "s" || entry.unit == "bytes" || entry.unit == "pJ" ||
                       entry.unit == "MACs");
    if (!adds) continue;
    for (std::size_t i = 0; i < 2; ++i) {
      INFO(entry.key << " of system " << i);
      double ops = 0;
      for (const OpRecord& record : run.records[i]) ops += number_of(evaluation.value(i, record.counts, entry.key));
      double tensors = 0;
      for (const auto& [name, counts] : run.result.systems[i].tensors) {
        tensors += number_of(evaluation.value(i, counts, entry.key));
      }
      const double total = metric(evaluation, i, entry.key.c_str());
      if (entry.key != "energy_compressor_pj" || i == 1) CHECK(total > 0);
      CHECK(ops == Approx(total).epsilon(1e-12));
      CHECK(tensors == Approx(total).epsilon(1e-12));
    }
  }
}

TEST_CASE("Components add up to compute, SRAM and on-chip totals") {
  const Evaluation evaluation = evaluation_of(report_test::run(3));
  for (std::size_t i = 0; i < 2; ++i) {
    double energy = 0;
    double power = 0;
    double area = 0;
    for (const char* name : anda::component_names) {
      if (std::string(name) == "dram") continue;
      energy += metric(evaluation, i, ("energy_" + std::string(name) + "_pj").c_str());
      power += metric(evaluation, i, ("power_" + std::string(name) + "_mw").c_str());
      area += metric(evaluation, i, ("area_" + std::string(name) + "_mm2").c_str());
    }
    CHECK(energy == Approx(metric(evaluation, i, "energy_compute_pj") + metric(evaluation, i, "energy_sram_pj")));
    CHECK(energy + metric(evaluation, i, "energy_dram_pj") == Approx(metric(evaluation, i, "energy_total_pj")));
    CHECK(power == Approx(metric(evaluation, i, "power_on_chip_mw")));
    CHECK(area == Approx(metric(evaluation, i, "area_total_mm2")));
  }
}

TEST_CASE("Keys and paths of metrics are unique and the key ends in its unit") {
  std::set<std::string> keys;
  std::set<std::string> paths;
  for (const Metric& metric : metric_table(report_test::counters())) {
    INFO(metric.key);
    CHECK(keys.insert(metric.key).second);
    CHECK(paths.insert(metric.path).second);
    CHECK(metric.path.front() == '/');
    CHECK_FALSE(metric.heading.empty());
    CHECK(metric.meaning.back() == '.');
    const auto ends_in = [&](const std::string& end) {
      return metric.key.size() >= end.size() &&
             metric.key.compare(metric.key.size() - end.size(), end.size(), end) == 0;
    };
    if (metric.unit == "pJ") CHECK(ends_in("_pj"));
    if (metric.unit == "mW") CHECK(ends_in("_mw"));
    if (metric.unit == "mm²") CHECK(ends_in("_mm2"));
    if (metric.unit == "bytes") CHECK(ends_in("_bytes"));
    if (metric.unit == "cycles") CHECK(ends_in("cycles"));
    if (metric.unit == "s") CHECK(ends_in("_s"));
    if (metric.unit == "1") CHECK(ends_in("utilization"));
  }
}

TEST_CASE("Shares of no time are null, and a trace without rows is not an error") {
  report_test::Run run = report_test::run(0);
  const Evaluation evaluation = evaluation_of(run);
  CHECK(metric(evaluation, 0, "cycles") == 0);
  CHECK(std::holds_alternative<std::monostate>(
      evaluation.value(0, evaluation.result().systems[0].totals, "utilization")));
  CHECK(std::holds_alternative<std::monostate>(evaluation.ratios(1).speedup));
}

TEST_CASE("Numbers are written in the shortest text that reads back the same") {
  const auto text = [](const MetricValue& value) {
    std::string written;
    append_value(written, value, "null");
    return written;
  };
  CHECK(text(std::uint64_t{18446744073709551615u}) == "18446744073709551615");
  CHECK(text(0.1) == "0.1");
  CHECK(text(1.0 / 3) == "0.3333333333333333");
  CHECK(text(1e-12) == "1e-12");
  CHECK(text(MetricValue{}) == "null");
  CHECK_THROWS_AS(text(std::numeric_limits<double>::infinity()), std::logic_error);
}

TEST_CASE("A counter that metrics need and that is missing is a programming error") {
  report_test::Run run = report_test::run(1);
  run.result.counters.pop_back();
  CHECK_THROWS_AS(evaluation_of(run), std::logic_error);
}
