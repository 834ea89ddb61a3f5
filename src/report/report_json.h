// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_REPORT_JSON_H
#define ANDA_SIM_REPORT_REPORT_JSON_H

#include <ostream>
#include <string>
#include <vector>

#include "report/evaluation.h"
#include "report/run_info.h"

namespace anda::sim {

/// Version of the layout of report.json; docs/report.schema.json describes it.
inline constexpr int report_schema_version = 1;

/// Writes report.json incrementally, so that the ops need not be kept in memory: call begin(), then for each system
/// begin_system(), op() …, end_system(), and finally end().
class ReportJson {
 public:
  ReportJson(std::ostream& out, const RunInfo& info, const Evaluation& evaluation);

  void begin(const std::vector<std::string>& assumptions);
  void begin_system(std::size_t system);
  /// `values`: from Evaluation::evaluate() for this op.
  void op(const OpRecord& record, const std::vector<MetricValue>& values);
  /// Like op() for `rows` trace rows of one kind: `record` is that of the first row, with the counts of all rows
  /// together.
  void ops(const OpRecord& record, std::uint64_t rows, const std::vector<MetricValue>& values);
  void end_system();
  void end();

 private:
  void start_op(const OpRecord& record);
  void end_op(const OpRecord& record, const std::vector<MetricValue>& values);

  std::ostream& out_;
  const RunInfo& info_;
  const Evaluation& evaluation_;
  bool whole_;
  std::vector<std::string> metric_keys_;  ///< ,"key": for metrics of scope everywhere, else empty
  std::size_t systems_ = 0;
  std::uint64_t ops_ = 0;
  std::string line_;
};

}  // namespace anda::sim

#endif
