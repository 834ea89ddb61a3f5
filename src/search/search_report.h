// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SEARCH_SEARCH_REPORT_H
#define ANDA_SIM_SEARCH_SEARCH_REPORT_H

#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "config/run_config.h"
#include "report/run_info.h"
#include "search/precision_search.h"

namespace anda::sim {

/// Version of the layout of search.json.
inline constexpr int search_schema_version = 1;

/// Simulation results of a found combination, compared with FP-FP on the same machine.
struct LoopResult {
  std::uint64_t cycles = 0;
  double time_s = 0;
  double energy_pj = 0;
  double speedup = 0;
  double area_efficiency = 0;
  double energy_efficiency = 0;
};

/// The result for a tolerance, with its simulation.
struct ReportedResult {
  ToleranceResult found;
  std::optional<LoopResult> simulated;
};

/// "0.1" for 0.001: a share in percent, as used in file names and tables.
std::string percent_digits(double share);

/// Name of a result's configuration file in the search folder, "loss-0.1.yaml".
std::string config_file_name(double tolerance);

/// What is searched, and by which means.
struct SearchInfo {
  RunInfo run;
  std::string evaluator;
  Objective objective = Objective::bops;
};

/// Writes a configuration that runs the found precisions, based on config.yaml of the same folder.
void write_found_config(std::ostream& out, const SearchInfo& info, const PrecisionConfig& base,
                        const ToleranceResult& found);

/// Writes search.json according to docs/search.schema.json.
void write_search_json(std::ostream& out, const SearchInfo& info, const std::vector<ReportedResult>& results,
                       const BitOperations& operations, PrecisionSearch& search);

/// Prints the tables for readers.
void print_search(std::ostream& out, const SearchInfo& info, const std::vector<ReportedResult>& results,
                  const BitOperations& operations, PrecisionSearch& search);

}  // namespace anda::sim

#endif
