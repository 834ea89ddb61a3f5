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

/// What the simulator says of a found combination, against FP-FP on the same machine.
struct LoopResult {
  std::uint64_t cycles = 0;
  double time_s = 0;
  double energy_pj = 0;
  double speedup = 0;
  double area_efficiency = 0;
  double energy_efficiency = 0;
};

/// A tolerance's result with what was made of it.
struct ReportedResult {
  ToleranceResult found;
  std::optional<LoopResult> simulated;
};

/// "0.1" of 0.001: a share in percent, as file names and tables have it.
std::string percent_digits(double share);

/// The name of the configuration of a result in the search's folder, "loss-0.1.yaml".
std::string config_file_name(double tolerance);

/// What is searched and with what.
struct SearchInfo {
  RunInfo run;
  std::string evaluator;
  Objective objective = Objective::bops;
};

/// A configuration that runs with what was found: based on config.yaml of the same folder.
void write_found_config(std::ostream& out, const SearchInfo& info, const PrecisionConfig& base,
                        const ToleranceResult& found);

/// search.json, by docs/search.schema.json.
void write_search_json(std::ostream& out, const SearchInfo& info, const std::vector<ReportedResult>& results,
                       const BitOperations& operations, PrecisionSearch& search);

/// The tables for people.
void print_search(std::ostream& out, const SearchInfo& info, const std::vector<ReportedResult>& results,
                  const BitOperations& operations, PrecisionSearch& search);

}  // namespace anda::sim

#endif
