// SPDX-License-Identifier: Apache-2.0
#include "report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "report/error_columns.h"
#include "report/human.h"
#include "report/inference_metrics.h"
#include "report/text_grid.h"
#include "text/characters.h"
#include "text/terminal.h"

namespace anda::sim {
namespace {

constexpr std::size_t max_tensors = 16;  // rows for tensor types in a table; report.json lists all
constexpr std::size_t name_columns = 12;
constexpr std::size_t title_columns = 120;

/// A column of a table: the key of a metric, and a shorter heading where space is limited.
struct Column {
  std::string key;
  std::string heading;
};

/// A column of by_tensor() that is not a metric: the share of the system's time.
const std::string share_of_time = "share";

/// Splits "buffer_full" or "first token" into two lines, so that more columns fit side by side.
std::string stacked(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '_' || c == ' '; }, '\n');
  return name;
}

class Printer {
 public:
  Printer(std::ostream& out, const Evaluation& evaluation) : out_(out), evaluation_(evaluation) {}

  /// Prints a row for each tensor type and the total of each system.
  void by_tensor(const std::vector<Column>& columns) {
    TextGrid grid = grid_of("tensor", columns);
    for (std::size_t i = 0; i < systems().size(); ++i) {
      grid.title(title_of(i));
      const auto& tensors = systems()[i].tensors;
      const std::size_t shown = std::min(tensors.size(), max_tensors);
      for (std::size_t t = 0; t < shown; ++t) {
        grid.row(cells("  " + shortened(tensors[t].first, name_columns), i, tensors[t].second, columns));
      }
      if (shown < tensors.size()) grid.title(fmt::format("  … and {} more, see report.json", tensors.size() - shown));
      grid.row(cells("  total", i, systems()[i].totals, columns));
    }
    print(grid);
  }

  /// Prints the results of a whole inference: tokens over time, and the share of each operation.
  void inference() {
    if (!evaluation_.result().inference) return;
    std::vector<std::string> headings{"inference"};
    for (const InferenceMetric& metric : inference_metrics()) headings.push_back(stacked(metric.heading));
    TextGrid grid(std::move(headings));
    for (std::size_t i = 0; i < systems().size(); ++i) {
      std::vector<std::string> row{shortened(systems()[i].name, name_columns)};
      const InferenceSample sample = inference_sample(evaluation_, i);
      for (const InferenceMetric& metric : inference_metrics()) {
        row.push_back(human_text(metric.value(sample), metric.unit));
      }
      grid.row(std::move(row));
    }
    print(grid);
    by_tensor({{"time_s", ""}, {share_of_time, "share"}, {"energy_total_pj", "energy"}, {"macs", "MACs"}});
  }

  /// Prints the data errors of a functional simulation: a row for each tensor type.
  void errors() {
    if (systems().empty() || systems().front().tensor_errors.empty()) return;
    std::vector<std::string> headings{"data"};
    for (const ErrorColumn& column : error_columns()) headings.emplace_back(column.heading);
    TextGrid grid(std::move(headings));
    for (std::size_t i = 0; i < systems().size(); ++i) {
      grid.title(title_of(i));
      const SystemResult& system = systems()[i];
      const std::size_t shown = std::min(system.tensor_errors.size(), max_tensors);
      for (std::size_t t = 0; t < shown; ++t) {
        std::vector<std::string> row{"  " + shortened(system.tensors[t].first, name_columns)};
        for (const ErrorColumn& column : error_columns())
          row.push_back(plain_text(column.value(system.tensor_errors[t])));
        grid.row(std::move(row));
      }
      if (shown < system.tensor_errors.size()) {
        grid.title(fmt::format("  … and {} more, see report.json", system.tensor_errors.size() - shown));
      }
    }
    print(grid);
  }

  /// Prints a row for each system, with numbers in the metric's own unit, given in the heading.
  void by_system(const std::string& heading, const std::vector<Column>& columns, bool own_unit) {
    TextGrid grid = grid_of(heading, columns);
    for (std::size_t i = 0; i < systems().size(); ++i) {
      grid.row(cells(shortened(systems()[i].name, name_columns), i, systems()[i].totals, columns, own_unit));
    }
    print(grid);
  }

  void ratios() {
    if (systems().size() < 2) return;
    TextGrid grid({"against " + shortened(systems().front().name, name_columns), "speedup", "area efficiency",
                   "energy efficiency"});
    for (std::size_t i = 1; i < systems().size(); ++i) {
      const Ratios ratios = evaluation_.ratios(i);
      std::vector<std::string> cells{shortened(systems()[i].name, name_columns)};
      std::vector<Ink> inks{Ink::plain};
      for (const MetricValue& ratio : {ratios.speedup, ratios.area_efficiency, ratios.energy_efficiency}) {
        cells.push_back(ratio_text(ratio));
        inks.push_back(ratio_ink(ratio));
      }
      grid.row(std::move(cells), std::move(inks));
    }
    print(grid);
  }

 private:
  const std::vector<SystemResult>& systems() const { return evaluation_.result().systems; }
  const Metric& metric(const std::string& key) const {
    for (const Metric& entry : evaluation_.metrics()) {
      if (entry.key == key) return entry;
    }
    throw std::logic_error("no metric " + key);
  }
  std::string title_of(std::size_t system) const {
    return shortened(systems()[system].name, name_columns) + (system == 0 && systems().size() > 1 ? " (baseline)" : "");
  }

  TextGrid grid_of(const std::string& first, const std::vector<Column>& columns) const {
    std::vector<std::string> headings{first};
    for (const Column& column : columns) {
      headings.push_back(column.heading.empty() ? metric(column.key).heading : column.heading);
    }
    return TextGrid(std::move(headings));
  }

  std::vector<std::string> cells(const std::string& first, std::size_t system, const Counts& counts,
                                 const std::vector<Column>& columns, bool own_unit = false) const {
    std::vector<std::string> row{first};
    for (const Column& column : columns) {
      if (column.key == share_of_time) {
        row.push_back(percent_text(
            share_of_cycles(evaluation_.value(system, counts, "cycles"), system, systems()[system].totals)));
        continue;
      }
      const Metric& entry = metric(column.key);
      const MetricValue value = entry.value(Sample(evaluation_.system(system), counts));
      if (is_stall(column)) {
        row.push_back(percent_text(share_of_cycles(value, system, counts)));
      } else {
        row.push_back(own_unit ? plain_text(value) : human_text(value, entry.unit));
      }
    }
    return row;
  }

  static bool is_stall(const Column& column) { return column.key.compare(0, 6, "stall_") == 0; }
  MetricValue share_of_cycles(const MetricValue& cycles, std::size_t system, const Counts& counts) const {
    return quotient(number_of(cycles), number_of(evaluation_.value(system, counts, "cycles")));
  }

  void print(const TextGrid& grid) {
    out_ << '\n';
    grid.print(out_);
  }

  std::ostream& out_;
  const Evaluation& evaluation_;
};

/// The stall causes with at least one cycle in any system.
std::vector<Column> stalls(const Evaluation& evaluation) {
  std::vector<Column> columns;
  const std::vector<CounterColumn>& counters = evaluation.result().counters;
  for (std::size_t i = 0; i < counters.size(); ++i) {
    const std::string cause = stall_cause(counters[i].name);
    const auto& systems = evaluation.result().systems;
    const bool seen =
        std::any_of(systems.begin(), systems.end(), [i](const SystemResult& system) { return system.totals[i] != 0; });
    if (cause.empty() || !seen) continue;
    columns.push_back({"stall_" + cause + "_cycles", "stall\n" + stacked(cause)});
  }
  return columns;
}

/// The metrics of on-chip components with key prefix + component + suffix.
std::vector<Column> components(const std::string& prefix, const std::string& suffix) {
  std::vector<Column> columns;
  for (const char* name : component_names) {
    if (std::string(name) == "dram") continue;
    columns.push_back({prefix + name + suffix, stacked(name)});
  }
  return columns;
}

}  // namespace

void print_tables(std::ostream& out, const RunInfo& info, const Evaluation& evaluation, Tables which) {
  const std::size_t columns = std::min(line_columns(out), title_columns);
  std::string title = shortened(info.name, columns);
  if (!info.workload.empty()) title += " · " + info.workload;
  out << wrapped(for_terminal(shortened(title, 2 * title_columns)) + " · level " + info.level, columns) << '\n';

  Printer tables(out, evaluation);
  tables.by_system("system",
                   {{"time_s", ""},
                    {"effective_tops", "TOPS"},
                    {"energy_total_pj", "energy"},
                    {"area_total_mm2", "area\n(mm²)"},
                    {"tops_per_mm2", "TOPS\nper mm²"},
                    {"on_chip_tops_per_w", "TOPS/W\non chip"},
                    {"tops_per_w", "TOPS/W\nwith DRAM"},
                    {"dram_bandwidth_bytes_per_s", "DRAM\nbandwidth"}},
                   false);
  tables.inference();
  tables.errors();
  tables.ratios();
  if (which == Tables::summary) return;

  std::vector<Column> time{{"cycles", ""}};
  if (!evaluation.result().inference) time.push_back({"time_s", ""});  // otherwise another table shows it
  time.push_back({"utilization", "array\nbusy"});
  time.push_back({"pe_utilization", "PEs\nbusy"});
  for (const Column& stall : stalls(evaluation)) time.push_back(stall);
  tables.by_tensor(time);

  tables.by_tensor({{"dram_read_bytes", "DRAM\nread"},
                    {"dram_write_bytes", "DRAM\nwrite"},
                    {"dram_utilization", "DRAM of\npeak"},
                    {"sram_read_bytes", "SRAM\nread"},
                    {"sram_write_bytes", "SRAM\nwrite"},
                    {"energy_compute_pj", "energy\ncompute"},
                    {"energy_sram_pj", "energy\nSRAM"},
                    {"energy_dram_pj", "energy\nDRAM"},
                    {"energy_total_pj", "energy\ntotal"}});

  std::vector<Column> power = components("power_", "_mw");
  power.push_back({"power_on_chip_mw", "on chip"});
  power.push_back({"power_dram_mw", "DRAM"});
  tables.by_system("power (mW)", power, true);

  std::vector<Column> area = components("area_", "_mm2");
  area.push_back({"area_total_mm2", "total"});
  tables.by_system("area (mm²)", area, true);
}

}  // namespace anda::sim
