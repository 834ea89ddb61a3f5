// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_METRICS_H
#define ANDA_SIM_REPORT_METRICS_H

#include <functional>
#include <string>
#include <vector>

#include "report/metric_value.h"
#include "report/system_model.h"

namespace anda::sim {

/// One derived number. The table of them writes ops.csv, report.json, the terminal's tables and the glossary.
struct Metric {
  enum class Scope {
    everywhere,  ///< of ops, tensor types and systems
    system       ///< of whole systems only
  };

  std::string key;      ///< with its unit; column of ops.csv, key of an op or tensor in report.json
  std::string path;     ///< JSON pointer below a system of report.json
  std::string unit;     ///< "1" for ratios
  std::string heading;  ///< for people
  std::string meaning;  ///< one sentence with the formula
  Scope scope = Scope::everywhere;
  std::function<MetricValue(const Sample&)> value;
};

/// All metrics in the order in which they are written; `counters` says which causes of stalls there are. `whole`: with
/// those that only operations between GeMMs need.
std::vector<Metric> metric_table(const std::vector<CounterColumn>& counters, bool whole = true);

/// The cause of stalls that a counter counts; empty for other counters.
std::string stall_cause(const std::string& counter);

}  // namespace anda::sim

#endif
