// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_METRICS_H
#define ANDA_SIM_REPORT_METRICS_H

#include <functional>
#include <string>
#include <vector>

#include "report/metric_value.h"
#include "report/system_model.h"

namespace anda::sim {

/// A derived number. The table of metrics defines ops.csv, report.json, the terminal's tables and the glossary.
struct Metric {
  enum class Scope {
    everywhere,  ///< for ops, tensor types and systems
    system       ///< for whole systems only
  };

  std::string key;      ///< includes the unit; column of ops.csv, key of an op or tensor in report.json
  std::string path;     ///< JSON pointer relative to a system of report.json
  std::string unit;     ///< "1" for ratios
  std::string heading;  ///< for readers
  std::string meaning;  ///< one sentence that includes the formula
  Scope scope = Scope::everywhere;
  std::function<MetricValue(const Sample&)> value;
};

/// All metrics in output order; `counters` determines the causes of stalls. `whole`: include metrics that only
/// operations between GeMMs need.
std::vector<Metric> metric_table(const std::vector<CounterColumn>& counters, bool whole = true);

/// The stall cause that a counter counts; empty for other counters.
std::string stall_cause(const std::string& counter);

}  // namespace anda::sim

#endif
