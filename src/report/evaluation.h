// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_EVALUATION_H
#define ANDA_SIM_REPORT_EVALUATION_H

#include <string>
#include <vector>

#include "report/metrics.h"
#include "report/system_model.h"

namespace anda::sim {

/// A further system compared with the first one, the baseline.
struct Ratios {
  MetricValue speedup;            ///< time of the baseline / time
  MetricValue area_efficiency;    ///< (operations / time / area) / the baseline's
  MetricValue energy_efficiency;  ///< energy of the baseline / energy
};

/// A run with precision.schedule compared with the same run without it.
struct ScheduleGain {
  MetricValue speedup;            ///< time without / time
  MetricValue energy_efficiency;  ///< energy without / energy
};

/// A result with the metrics of each of its systems.
class Evaluation {
 public:
  Evaluation(const SimulationResult& result, const DramConfig& dram, const Technology& technology);

  const SimulationResult& result() const { return result_; }
  const std::vector<Metric>& metrics() const { return metrics_; }
  const SystemModel& system(std::size_t index) const { return systems_[index]; }

  /// Writes one value per entry of metrics() into `values`, which can be reused: nothing for metrics of another scope.
  void evaluate(std::size_t system, const Counts& counts, Metric::Scope scope, std::vector<MetricValue>& values) const;

  /// The value of one metric, given by its key.
  MetricValue value(std::size_t system, const Counts& counts, const std::string& key) const;

  Ratios ratios(std::size_t system) const;
  /// For a system that also has counts without the schedule.
  ScheduleGain schedule_gain(std::size_t system) const;

 private:
  SimulationResult result_;
  std::vector<Metric> metrics_;
  std::vector<SystemModel> systems_;
};

}  // namespace anda::sim

#endif
