// SPDX-License-Identifier: Apache-2.0
#include "report/report_json.h"

#include <nlohmann/json.hpp>

#include "report/dram_columns.h"
#include "report/error_columns.h"
#include "report/inference_metrics.h"
#include "report/op_columns.h"

namespace anda::sim {
namespace {

using Json = nlohmann::ordered_json;

// Invalid UTF-8 in names is replaced: a report must be legal whatever the trace contains.
std::string text_of(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

/// Pretty-printed JSON, with `depth` more spaces at the start of every line but the first. Line breaks inside texts are
/// escaped, so every line break comes from the printer.
std::string indented(const Json& json, std::size_t depth) {
  std::string text;
  for (const char c : text_of(json, 2)) {
    text += c;
    if (c == '\n') text.append(depth, ' ');
  }
  return text;
}

Json json_of(const MetricValue& value) {
  if (const auto* whole = std::get_if<std::uint64_t>(&value)) return *whole;
  if (const auto* real = std::get_if<double>(&value)) return *real;
  return nullptr;
}

Json json_of(const DataErrors& errors) {
  Json json = Json::object();
  for (const ErrorColumn& column : error_columns()) json[column.key] = json_of(column.value(errors));
  return json;
}

/// The statistics as JSON; the histogram lists only non-empty bins.
Json json_of(const dram::Statistics& statistics, double clock_hz) {
  const double ns = 1e9 / clock_hz;
  Json json;
  for (const DramColumn& column : dram_columns()) json[column.key] = column.value(statistics, ns);
  Json& bins = json["read_latency_histogram"] = Json::array();
  for (std::size_t bin = 0; bin < dram::LatencyHistogram::bin_count; ++bin) {
    const std::uint64_t bursts = statistics.read_latency.in_bin(bin);
    if (bursts == 0) continue;
    const double from_ns = static_cast<double>(dram::LatencyHistogram::start_of(bin)) * ns;
    bins.push_back({{"from_ns", from_ns}, {"bursts", bursts}});
  }
  return json;
}

void append_op_value(std::string& line, const OpColumn::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    line += text_of(*text, -1);
  } else {
    line += std::to_string(std::get<std::uint64_t>(value));
  }
}

}  // namespace

ReportJson::ReportJson(std::ostream& out, const RunInfo& info, const Evaluation& evaluation)
    : out_(out), info_(info), evaluation_(evaluation), whole_(evaluation.result().inference.has_value()) {
  for (const Metric& metric : evaluation.metrics()) {
    metric_keys_.push_back(metric.scope == Metric::Scope::everywhere ? ",\"" + metric.key + "\":" : "");
  }
}

void ReportJson::begin(const std::vector<std::string>& assumptions) {
  Json run;
  run["tool_version"] = info_.tool_version;
  run["name"] = info_.name;
  run["level"] = info_.level;
  run["workload"] = info_.workload;
  run["config_sha256"] = info_.config_sha256;
  run["trace_sha256"] = info_.trace_sha256;
  run["technology_sha256"] = info_.technology_sha256;
  run["assumptions"] = assumptions;
  run["notes"] = info_.notes;
  Json units = Json::object();
  for (const CounterColumn& counter : evaluation_.result().counters) units[counter.name] = counter.unit;
  out_ << "{\n  \"schema_version\": " << report_schema_version << ",\n  \"run\": " << indented(run, 2)
       << ",\n  \"units\": " << indented(units, 2) << ",\n  \"systems\": [";
}

void ReportJson::begin_system(std::size_t system) {
  const SystemResult& result = evaluation_.result().systems[system];
  const std::vector<Metric>& metrics = evaluation_.metrics();
  std::vector<MetricValue> values;

  Json json;
  json["name"] = result.name;
  evaluation_.evaluate(system, result.totals, Metric::Scope::system, values);
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    json[Json::json_pointer(metrics[i].path)] = json_of(values[i]);
  }
  if (whole_) {
    const InferenceSample sample = inference_sample(evaluation_, system);
    for (const InferenceMetric& metric : inference_metrics()) json[metric.key] = json_of(metric.value(sample));
  }
  if (!result.unscheduled.empty()) {
    const ScheduleGain gain = evaluation_.schedule_gain(system);
    json["schedule_gain"] = {{"speedup", json_of(gain.speedup)},
                             {"energy_efficiency", json_of(gain.energy_efficiency)}};
  }
  Json& actions = json["actions"] = Json::object();
  for (std::size_t i = 0; i < result.totals.size(); ++i) {
    actions[evaluation_.result().counters[i].name] = result.totals[i];
  }
  if (result.dram) json["dram"] = json_of(*result.dram, info_.dram.clock_hz());
  Json& tensors = json["tensors"] = Json::array();
  for (std::size_t t = 0; t < result.tensors.size(); ++t) {
    const auto& [tensor, counts] = result.tensors[t];
    Json entry;
    entry["tensor"] = tensor;
    evaluation_.evaluate(system, counts, Metric::Scope::everywhere, values);
    for (std::size_t i = 0; i < metrics.size(); ++i) {
      if (metrics[i].scope == Metric::Scope::everywhere) entry[metrics[i].key] = json_of(values[i]);
    }
    if (t < result.tensor_errors.size()) entry["functional"] = json_of(result.tensor_errors[t]);
    tensors.push_back(std::move(entry));
  }

  // The object stays open for its ops.
  std::string text = indented(json, 4);
  text.erase(text.size() - std::string("\n    }").size());
  out_ << (systems_++ == 0 ? "\n    " : ",\n    ") << text << ",\n      \"ops\": [";
  ops_ = 0;
}

void ReportJson::op(const OpRecord& record, const std::vector<MetricValue>& values) {
  start_op(record);
  end_op(record, values);
}

void ReportJson::ops(const OpRecord& record, std::uint64_t rows, const std::vector<MetricValue>& values) {
  start_op(record);
  line_ += ",\"rows\":" + std::to_string(rows);
  end_op(record, values);
}

void ReportJson::start_op(const OpRecord& record) {
  line_ = ops_++ == 0 ? "\n        {" : ",\n        {";
  bool first = true;
  bool in_tile = false;
  for (const OpColumn& column : op_columns(whole_)) {
    if (!first) line_ += ',';
    first = false;
    if (column.of_tile && !in_tile) {
      line_ += "\"tile\":{";
      in_tile = true;
    }
    line_ += '"';
    line_ += column.key;
    line_ += "\":";
    append_op_value(line_, column.value(record));
  }
  line_ += '}';  // of the step, whose columns come last
}

void ReportJson::end_op(const OpRecord& record, const std::vector<MetricValue>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (metric_keys_[i].empty()) continue;
    line_ += metric_keys_[i];
    append_value(line_, values[i], "null");
  }
  if (record.errors) line_ += ",\"functional\":" + text_of(json_of(*record.errors), -1);
  line_ += '}';
  out_ << line_;
}

void ReportJson::end_system() { out_ << (ops_ == 0 ? "]" : "\n      ]") << "\n    }"; }

void ReportJson::end() {
  const std::vector<SystemResult>& systems = evaluation_.result().systems;
  Json list = Json::array();
  for (std::size_t i = 1; i < systems.size(); ++i) {
    const Ratios ratios = evaluation_.ratios(i);
    Json entry;
    entry["system"] = systems[i].name;
    entry["baseline"] = systems.front().name;
    entry["speedup"] = json_of(ratios.speedup);
    entry["area_efficiency"] = json_of(ratios.area_efficiency);
    entry["energy_efficiency"] = json_of(ratios.energy_efficiency);
    list.push_back(std::move(entry));
  }
  out_ << (systems_ == 0 ? "]" : "\n  ]") << ",\n  \"ratios\": " << indented(list, 2) << "\n}\n";
}

}  // namespace anda::sim
