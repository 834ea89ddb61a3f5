// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_SERVE_H
#define ANDA_SIM_SERVING_SERVE_H

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "config/serve_config.h"
#include "report/run_info.h"
#include "serving/links.h"
#include "serving/partition.h"
#include "serving/serving_report.h"
#include "serving/serving_statistics.h"
#include "system/gemm_store.h"
#include "system/simulation.h"

namespace anda::sim {

/// Reads all requests of a configuration once. Throws Error (input) with file and line for a request that the model or
/// the cache cannot hold. `go_on`: polled periodically.
RequestSurvey survey_requests(const ServeConfig& config, const Partition& partition,
                              const std::function<bool()>& go_on);

/// Serves a configuration's requests on each of its systems independently.
class ServedRun {
 public:
  /// Streams to which a run writes as it proceeds.
  struct Outputs {
    std::ostream& csv;                 ///< one row per request and system
    std::ostream* timeline = nullptr;  ///< in the trace event format
  };

  /// Runs all systems. `store`: results of simulated operations; nullptr: none. Call once per process: SystemC
  /// elaborates once.
  ServedRun(const ServeConfig& config, const RequestSurvey& survey, const Outputs& outputs, const Progress& progress,
            GemmStore* store);
  ~ServedRun();

  /// What may surprise a reader of the output files; empty if nothing.
  std::string note() const;
  nlohmann::ordered_json report(const RunInfo& info);

 private:
  struct Part;

  void serve(Part& part, const Progress& progress, double before);
  ServingEnergy energy_of(const Part& part) const;

  const ServeConfig& config_;
  RequestSurvey survey_;
  Partition partition_;
  Links links_;
  std::vector<std::unique_ptr<Part>> parts_;
};

}  // namespace anda::sim

#endif
