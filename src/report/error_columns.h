// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_REPORT_ERROR_COLUMNS_H
#define ANDA_SIM_REPORT_ERROR_COLUMNS_H

#include <vector>

#include "data/data_errors.h"
#include "report/metric_value.h"

namespace anda::sim {

/// A figure on the errors of a functional simulation. The table of these figures defines the objects `functional` of
/// report.json, the last columns of ops.csv, the terminal's table, the schema's test and the glossary.
struct ErrorColumn {
  const char* key;
  const char* unit;
  const char* heading;
  const char* meaning;
  MetricValue (*value)(const DataErrors&);
};

const std::vector<ErrorColumn>& error_columns();

}  // namespace anda::sim

#endif
