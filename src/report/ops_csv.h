// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_OPS_CSV_H
#define ANDA_SIM_REPORT_OPS_CSV_H

#include <ostream>
#include <string>
#include <vector>

#include "report/metrics.h"

namespace anda::sim {

/// Writes ops.csv: a header, then one row per system and op.
class OpsCsv {
 public:
  /// `functional`: include columns on data errors. `whole`: include columns for operations between GeMMs.
  OpsCsv(std::ostream& out, const std::vector<Metric>& metrics, bool functional = false, bool whole = false);

  /// The part of the row that all ops of a kind share. `values`: from Evaluation::evaluate() for one of them.
  std::string details(const OpRecord& record, const std::vector<MetricValue>& values) const;
  void op(const std::string& system, const OpRecord& record, const std::string& details);

 private:
  std::ostream& out_;
  const std::vector<Metric>& metrics_;
  bool functional_;
  bool whole_;
  std::string line_;
};

}  // namespace anda::sim

#endif
