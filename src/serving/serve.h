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

/// Reads all requests of a configuration once. Throws Error (input) with file and line for one that the model or the
/// cache cannot hold. `go_on`: asked now and then.
RequestSurvey survey_requests(const ServeConfig& config, const Partition& partition,
                              const std::function<bool()>& go_on);

/// What all systems of a configuration did with its requests, each by itself.
class ServedRun {
 public:
  /// Where a run writes while it lasts.
  struct Outputs {
    std::ostream& csv;                 ///< a row for each request and system
    std::ostream* timeline = nullptr;  ///< in the trace event format
  };

  /// Runs them. `store`: of simulated operations; nullptr: none. One call a process: SystemC elaborates once.
  ServedRun(const ServeConfig& config, const RequestSurvey& survey, const Outputs& outputs, const Progress& progress,
            GemmStore* store);
  ~ServedRun();

  /// What of the files may surprise; empty: nothing.
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
