// SPDX-License-Identifier: Apache-2.0
#include "report/glossary.h"

#include <fmt/format.h>

#include <algorithm>

#include <anda/accelerator/accelerator.h>
#include <anda/dram/dram.h>

#include "report/dram_columns.h"
#include "report/error_columns.h"
#include "report/inference_metrics.h"
#include "report/metrics.h"
#include "report/op_columns.h"

namespace anda::sim {
namespace {

constexpr const char* introduction =
    "# Glossary\n"
    "\n"
    "Every number of `report.json`, `ops.csv` and the tables on the terminal. This page is the output of `anda-sim "
    "glossary`.\n"
    "\n"
    "A unit of 1 is a ratio; shares are from 0 to 1 in files and in percent on the terminal. mW are averages over the "
    "run;\n"
    "prefixes, also those of bytes, are powers of 1000 on the terminal, in pages and in figures. A number that has no "
    "meaning (a share of\n"
    "no time) is `null` in JSON and empty in CSV. Cycles are those of `accelerator.clock_hz`. \"System\" is one "
    "accelerator with its\n"
    "memory; the first one is the baseline. `run.assumptions` lists what the model assumes, `run.notes` possible "
    "surprises in this run:\n"
    "keys without effect, omissions, excess sizes; the terminal also shows the notes.\n";

constexpr const char* metrics_heading =
    "\n## Metrics\n"
    "\n"
    "The name is the column of `ops.csv` and the key of an op (`systems[].ops[]`) or a tensor type "
    "(`systems[].tensors[]`) in\n`report.json`; for a whole system the number is at the path below `systems[]`. "
    "Names "
    "in *italics* exist for whole systems only.\n"
    "\n"
    "| name | path of a system | unit | meaning |\n"
    "|------|------------------|------|---------|\n";

constexpr const char* inference_heading =
    "\n## Inferences\n"
    "\n"
    "Of whole systems with `workload.scope: layer` or `model` only: keys of `systems[]` of `report.json`. Numbers of "
    "tokens need the\nscope `model`.\n"
    "\n"
    "| name | unit | meaning |\n"
    "|------|------|---------|\n";

constexpr const char* ratios_heading =
    "\n## Ratios\n"
    "\n"
    "`ratios[]` of `report.json`: each further system against the baseline.\n"
    "\n"
    "| name | unit | meaning |\n"
    "|------|------|---------|\n";

struct Ratio {
  const char* name;
  const char* meaning;
};

constexpr Ratio ratio_meanings[] = {
    {"speedup", "`time_s` of the baseline / `time_s`."},
    {"area_efficiency", "`tops_per_mm2` / that of the baseline."},
    {"energy_efficiency", "`energy_total_pj` of the baseline / `energy_total_pj`: DRAM included."},
};

constexpr const char* ops_heading =
    "\n"
    "## Ops\n"
    "\n"
    "What identifies an op, before its metrics in `ops.csv` and `systems[].ops[]`. `ops.csv` starts with the name of "
    "the\n"
    "system, in the column `system`.\n"
    "\n"
    "| column of `ops.csv` | key in `report.json` | unit | meaning |\n"
    "|---------------------|----------------------|------|---------|\n";

constexpr const char* counters_heading =
    "\n## Actions\n"
    "\n"
    "The counters of the blocks: `systems[].actions` of `report.json`, their units in `units`. Energy is these numbers "
    "times the energy\nof an action from the technology file.\n"
    "\n"
    "| counter | unit | meaning |\n"
    "|---------|------|---------|\n";

constexpr const char* errors_heading =
    "\n"
    "## Data\n"
    "\n"
    "Of functional simulations only: the object `functional` of an op or a tensor type in `report.json`, and the last "
    "columns of\n"
    "`ops.csv`. They describe one run of an op, whatever its count.\n"
    "\n"
    "| name | unit | meaning |\n"
    "|------|------|---------|\n";

/// Converts "/energy_pj/total" to "energy_pj.total".
std::string dotted(const std::string& pointer) {
  std::string path = pointer.substr(1);
  for (char& c : path) {
    if (c == '/') c = '.';
  }
  return path;
}

/// The counters of `all` that are not among `counters`.
std::vector<CounterColumn> further(const Counters& all, const std::vector<CounterColumn>& counters) {
  std::vector<CounterColumn> more;
  for (const Counter& counter : all.list()) {
    const bool known = std::any_of(counters.begin(), counters.end(),
                                   [&](const CounterColumn& column) { return column.name == counter.name; });
    if (!known) more.push_back({counter.name, counter.unit, counter.meaning});
  }
  return more;
}

std::vector<CounterColumn> detailed_counters(const std::vector<CounterColumn>& counters) {
  DramConfig detailed;
  detailed.level = DramLevel::detailed;
  const Dram dram("glossary_detailed_dram", detailed);
  return further(dram.counters(), counters);
}

/// The additional counters of a machine whose weights have zero points, then of one with encoded weights and
/// activations.
std::vector<CounterColumn> weight_counters(const std::vector<CounterColumn>& counters) {
  AcceleratorConfig zeros;
  zeros.format.weight_zero_points = true;
  const Accelerator with_zeros("glossary_zero_points", zeros);
  FormatDescription halves;
  halves.name = "bf16";
  halves.family = FormatFamily::floating;
  halves.exponent_bits = 8;
  halves.mantissa_bits = 7;
  AcceleratorConfig codes;
  codes.format.weights = StoredWeights(halves);
  codes.format.activations = StoredActivations(halves);
  const Accelerator with_codes("glossary_encoded_weights", codes);
  std::vector<CounterColumn> more = further(with_zeros.counters(), counters);
  for (CounterColumn& counter : further(with_codes.counters(), counters)) more.push_back(std::move(counter));
  return more;
}

nlohmann::ordered_json entry(const std::string& name, const std::string& unit, const std::string& meaning) {
  return {{"name", name}, {"unit", unit}, {"meaning", meaning}};
}

nlohmann::ordered_json entries(const std::vector<CounterColumn>& counters) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const CounterColumn& counter : counters) list.push_back(entry(counter.name, counter.unit, counter.meaning));
  return list;
}

}  // namespace

std::vector<CounterColumn> machine_counters() {
  const Accelerator accelerator("glossary_accelerator", AcceleratorConfig{});
  const Dram dram("glossary_dram", DramConfig{});
  std::vector<CounterColumn> columns;
  for (const Counters* counters : {&accelerator.counters(), &dram.counters()}) {
    for (const Counter& counter : counters->list()) columns.push_back({counter.name, counter.unit, counter.meaning});
  }
  return columns;
}

std::string glossary_page(const std::vector<CounterColumn>& counters) {
  std::string page = introduction;
  page += metrics_heading;
  for (const Metric& metric : metric_table(counters)) {
    const bool system_only = metric.scope == Metric::Scope::system;
    page += fmt::format("| {}`{}`{} | `{}` | {} | {} |\n", system_only ? "*" : "", metric.key, system_only ? "*" : "",
                        dotted(metric.path), metric.unit, metric.meaning);
  }
  page += inference_heading;
  for (const InferenceMetric& metric : inference_metrics()) {
    page += fmt::format("| `{}` | {} | {} |\n", metric.key, metric.unit, metric.meaning);
  }
  page += ratios_heading;
  for (const Ratio& ratio : ratio_meanings) page += fmt::format("| `{}` | 1 | {} |\n", ratio.name, ratio.meaning);
  page += ops_heading;
  for (const OpColumn& column : op_columns()) {
    page += fmt::format("| `{}` | `{}{}` | {} | {} |\n", column.csv_name(), column.of_tile ? "tile." : "", column.key,
                        column.unit, column.meaning);
  }
  page += errors_heading;
  for (const ErrorColumn& column : error_columns()) {
    page += fmt::format("| `{}` | {} | {} |\n", column.key, column.unit, column.meaning);
  }
  page += counters_heading;
  for (const CounterColumn& counter : counters) {
    page += fmt::format("| `{}` | {} | {} |\n", counter.name, counter.unit, counter.meaning);
  }
  page +=
      "\nWith zero points (`accelerator.format.weight_zero_points`) and with weights or activations of operand formats "
      "(`accelerator.format.weights`, `activations`, `tensors`) also:\n\n"
      "| counter | unit | meaning |\n|---------|------|---------|\n";
  for (const CounterColumn& counter : weight_counters(counters)) {
    page += fmt::format("| `{}` | {} | {} |\n", counter.name, counter.unit, counter.meaning);
  }
  page += "\nAt `dram.level: detailed` also:\n\n| counter | unit | meaning |\n|---------|------|---------|\n";
  for (const CounterColumn& counter : detailed_counters(counters)) {
    page += fmt::format("| `{}` | {} | {} |\n", counter.name, counter.unit, counter.meaning);
  }
  page +=
      "\n"
      "`systems[].dram` of `report.json` has further counters, over everything simulated (folded GeMMs once). Its\n"
      "`read_latency_histogram` gives the number of reads by latency, in bins exact below 16 cycles, then eight for "
      "each doubling:\n"
      "\n"
      "| name | unit | meaning |\n"
      "|------|------|---------|\n";
  for (const DramColumn& column : dram_columns()) {
    page += fmt::format("| `{}` | {} | {} |\n", column.key, column.unit, column.meaning);
  }
  return page;
}

nlohmann::ordered_json glossary_json(const std::vector<CounterColumn>& counters) {
  nlohmann::ordered_json page;
  const std::vector<Metric> of_gemms = metric_table(counters, false);
  for (const Metric& metric : metric_table(counters)) {
    nlohmann::ordered_json row = entry(metric.key, metric.unit, metric.meaning);
    row["of_gemms"] =
        std::any_of(of_gemms.begin(), of_gemms.end(), [&](const Metric& known) { return known.key == metric.key; });
    row["path"] = dotted(metric.path);
    row["scope"] = metric.scope == Metric::Scope::system ? "system" : "everywhere";
    page["metrics"].push_back(std::move(row));
  }
  for (const InferenceMetric& metric : inference_metrics()) {
    page["inference"].push_back(entry(metric.key, metric.unit, metric.meaning));
  }
  for (const Ratio& ratio : ratio_meanings) page["ratios"].push_back(entry(ratio.name, "1", ratio.meaning));
  for (const OpColumn& column : op_columns()) {
    nlohmann::ordered_json row = entry(column.csv_name(), column.unit, column.meaning);
    row["key"] = (column.of_tile ? "tile." : "") + std::string(column.key);
    page["ops"].push_back(std::move(row));
  }
  for (const ErrorColumn& column : error_columns()) {
    page["data"].push_back(entry(column.key, column.unit, column.meaning));
  }
  page["actions"] = entries(counters);
  page["weight_actions"] = entries(weight_counters(counters));
  page["detailed_actions"] = entries(detailed_counters(counters));
  for (const DramColumn& column : dram_columns()) {
    page["dram"].push_back(entry(column.key, column.unit, column.meaning));
  }
  return page;
}

}  // namespace anda::sim
