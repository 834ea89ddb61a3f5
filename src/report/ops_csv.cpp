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

}  // namespace

OpsCsv::OpsCsv(std::ostream& out, const std::vector<Metric>& metrics, bool functional)
    : out_(out), metrics_(metrics), functional_(functional) {
  line_ = "system";
  for (const OpColumn& column : op_columns()) line_ += "," + column.csv_name();
  for (const Metric& metric : metrics_) {
    if (metric.scope == Metric::Scope::everywhere) line_ += "," + metric.key;
  }
  if (functional_) {
    for (const ErrorColumn& column : error_columns()) line_ += std::string(",") + column.key;
  }
  out_ << line_ << '\n';
}

void OpsCsv::op(const std::string& system, const OpRecord& record, const std::vector<MetricValue>& values) {
  line_.clear();
  append_text(line_, system);
  for (const OpColumn& column : op_columns()) {
    line_ += ',';
    const OpColumn::Value value = column.value(record);
    if (const auto* text = std::get_if<std::string>(&value)) {
      append_text(line_, *text);
    } else {
      line_ += std::to_string(std::get<std::uint64_t>(value));
    }
  }
  for (std::size_t i = 0; i < metrics_.size(); ++i) {
    if (metrics_[i].scope != Metric::Scope::everywhere) continue;
    line_ += ',';
    append_value(line_, values[i], "");
  }
  if (functional_) {
    for (const ErrorColumn& column : error_columns()) {
      line_ += ',';
      append_value(line_, record.errors ? column.value(*record.errors) : MetricValue{}, "");
    }
  }
  line_ += '\n';
  out_ << line_;
}

}  // namespace anda::sim
