// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_SERVING_REPORT_H
#define ANDA_SIM_SERVING_SERVING_REPORT_H

#include <cstdint>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "config/serve_config.h"
#include "report/run_info.h"
#include "serving/partition.h"
#include "serving/serving_statistics.h"

namespace anda::sim {

/// Version of the serve.json layout, which docs/serve.schema.json describes.
inline constexpr int serve_schema_version = 1;

/// Summary of a run's requests, collected before the run.
struct RequestSurvey {
  std::uint64_t requests = 0;
  std::uint64_t prompt_tokens = 0;
  std::uint64_t output_tokens = 0;
  double last_arrival_s = 0;
  std::string sha256;  ///< hash of arrivals and lengths
  std::string note;    ///< what may surprise the reader; empty if nothing
};

/// Energy of a system while serving; idle accelerators are not charged.
struct ServingEnergy {
  double compute_j = 0;
  double sram_j = 0;
  double dram_j = 0;
  double link_j = 0;
  double total() const { return compute_j + sram_j + dram_j + link_j; }
};

/// The results of one system.
struct ServedSystem {
  std::string name;
  ServingStatistics& statistics;
  const Partition& partition;
  ServingEnergy energy;
  double rounding_s = 0;
};

nlohmann::ordered_json serving_json(const ServeConfig& config, const RunInfo& info, const RequestSurvey& requests,
                                    std::vector<ServedSystem>& systems);

/// Prints the result of serving_json() as tables.
void print_serving(std::ostream& out, const nlohmann::ordered_json& report);

}  // namespace anda::sim

#endif
