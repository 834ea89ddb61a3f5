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

/// Version of the layout of serve.json; docs/serve.schema.json describes it.
inline constexpr int serve_schema_version = 1;

/// The requests of a run, before it.
struct RequestSurvey {
  std::uint64_t requests = 0;
  std::uint64_t prompt_tokens = 0;
  std::uint64_t output_tokens = 0;
  double last_arrival_s = 0;
  std::string sha256;  ///< of arrivals and lengths
  std::string note;    ///< what may surprise; empty: nothing
};

/// Energy of a system while it served; idle accelerators are not charged.
struct ServingEnergy {
  double compute_j = 0;
  double sram_j = 0;
  double dram_j = 0;
  double link_j = 0;
  double total() const { return compute_j + sram_j + dram_j + link_j; }
};

/// What a system did.
struct ServedSystem {
  std::string name;
  ServingStatistics& statistics;
  const Partition& partition;
  ServingEnergy energy;
  double rounding_s = 0;
};

nlohmann::ordered_json serving_json(const ServeConfig& config, const RunInfo& info, const RequestSurvey& requests,
                                    std::vector<ServedSystem>& systems);

/// The tables for people, of what serving_json() made.
void print_serving(std::ostream& out, const nlohmann::ordered_json& report);

}  // namespace anda::sim

#endif
