// SPDX-License-Identifier: Apache-2.0
#include "report/ops_csv.h"

#include <string_view>

#include "report/error_columns.h"
#include "report/op_columns.h"

namespace anda::sim {
namespace {

void append_text(std::string& line, std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
    line += text;
    return;
  }
  line += '"';
  for (const char c : text) {
    line += c;
    if (c == '"') line += c;
  }
  line += '"';
}

void append_column(std::string& line, const OpColumn& column, const OpRecord& record) {
  line += ',';
  const OpColumn::Value value = column.value(record);
  if (const auto* text = std::get_if<std::string>(&value)) {
    append_text(line, *text);
  } else {
    line += std::to_string(std::get<std::uint64_t>(value));
  }
}

}  // namespace

OpsCsv::OpsCsv(std::ostream& out, const std::vector<Metric>& metrics, bool functional, bool whole)
    : out_(out), metrics_(metrics), functional_(functional), whole_(whole) {
  line_ = "system";
  for (const OpColumn& column : op_columns(whole_)) line_ += "," + column.csv_name();
  for (const Metric& metric : metrics_) {
    if (metric.scope == Metric::Scope::everywhere) line_ += "," + metric.key;
  }
  if (functional_) {
    for (const ErrorColumn& column : error_columns()) line_ += std::string(",") + column.key;
  }
  out_ << line_ << '\n';
}

std::string OpsCsv::details(const OpRecord& record, const std::vector<MetricValue>& values) const {
  std::string details;
  for (std::size_t i = own_op_columns; i < op_columns(whole_).size(); ++i)
    append_column(details, op_columns(whole_)[i], record);
  for (std::size_t i = 0; i < metrics_.size(); ++i) {
    if (metrics_[i].scope != Metric::Scope::everywhere) continue;
    details += ',';
    append_value(details, values[i], "");
  }
  if (functional_) {
    for (const ErrorColumn& column : error_columns()) {
      details += ',';
      append_value(details, record.errors ? column.value(*record.errors) : MetricValue{}, "");
    }
  }
  return details;
}

void OpsCsv::op(const std::string& system, const OpRecord& record, const std::string& details) {
  line_.clear();
  append_text(line_, system);
  for (std::size_t i = 0; i < own_op_columns; ++i) append_column(line_, op_columns(whole_)[i], record);
  line_ += details;
  line_ += '\n';
  out_ << line_;
}

}  // namespace anda::sim
