// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "app/trace_test_files.h"
#include "report/error_columns.h"
#include "report/glossary.h"
#include "report/inference_metrics.h"
#include "report/metrics.h"
#include "report/op_columns.h"
#include "report/report_json.h"

using namespace anda::sim;
using Json = nlohmann::ordered_json;

namespace {

Json schema() { return Json::parse(trace_test::contents(ANDA_SOURCE_DIR "/docs/report.schema.json")); }

/// The schema of what stands at "/a/b" below an object with this schema.
const Json& below(const Json& object, const std::string& pointer) {
  const Json* at = &object;
  std::istringstream parts(pointer.substr(1));
  for (std::string part; std::getline(parts, part, '/');) at = &at->at("properties").at(part);
  return *at;
}

/// The keys of an object, all of which it must have but for the optional ones.
std::set<std::string> properties_of(const Json& object, const std::set<std::string>& optional = {}) {
  std::set<std::string> keys;
  for (const auto& entry : object.at("properties").items()) keys.insert(entry.key());
  auto required = object.at("required").get<std::set<std::string>>();
  for (const std::string& key : optional) CHECK(required.insert(key).second);
  CHECK(required == keys);
  return keys;
}

std::size_t leaves_of(const Json& object) {
  if (!object.contains("properties")) return 1;
  std::size_t leaves = 0;
  for (const auto& entry : object.at("properties").items()) leaves += leaves_of(entry.value());
  return leaves;
}

}  // namespace

TEST_CASE("docs/report.schema.json has the metrics of the table, with their units") {
  const Json root = schema();
  const Json& definitions = root.at("$defs");
  std::set<std::string> keys;
  std::size_t number = 0;
  for (const Metric& metric : metric_table(machine_counters())) {
    INFO(metric.key);
    const std::string description = metric.meaning + " Unit: " + metric.unit + ".";
    CHECK(below(definitions.at("system"), metric.path).at("description") == description);
    ++number;
    if (metric.scope != Metric::Scope::everywhere) continue;
    keys.insert(metric.key);
    CHECK(definitions.at("metrics").at("properties").at(metric.key).at("description") == description);
  }
  CHECK(properties_of(definitions.at("metrics"), {"stall_vector_cycles"}) == keys);
  for (const InferenceMetric& metric : inference_metrics()) {
    CHECK(definitions.at("system").at("properties").at(metric.key).at("description") ==
          std::string(metric.meaning) + " Unit: " + metric.unit + ".");
    ++number;
  }
  // Name, actions, tensors and ops are no metrics, and neither are the statistics of the memory and what a schedule
  // gains.
  const std::size_t of_memory = leaves_of(definitions.at("system").at("properties").at("dram"));
  const std::size_t of_schedule = leaves_of(definitions.at("system").at("properties").at("schedule_gain"));
  CHECK(leaves_of(definitions.at("system")) == number + of_memory + of_schedule + 4);
}

TEST_CASE("docs/report.schema.json has the properties of ops and the counters") {
  const Json root = schema();
  std::set<std::string> op{"tile"};
  std::set<std::string> tile;
  for (const OpColumn& column : op_columns()) (column.of_tile ? tile : op).insert(column.key);
  const Json& definition = root.at("$defs").at("op");
  op.insert({"functional", "rows"});
  CHECK(properties_of(definition, {"functional", "rows", "kind", "unit", "output_token"}) == op);
  std::vector<std::string> kinds;
  for (const auto& kind : op_kinds) kinds.emplace_back(kind.name);
  CHECK(definition.at("properties").at("kind").at("enum").get<std::vector<std::string>>() == kinds);
  CHECK(properties_of(root.at("$defs").at("tensor"), {"functional"}) == std::set<std::string>{"tensor", "functional"});

  std::set<std::string> errors;
  const Json& functional = root.at("$defs").at("functional");
  for (const ErrorColumn& column : error_columns()) {
    errors.insert(column.key);
    CHECK(functional.at("properties").at(column.key).at("description") ==
          std::string(column.meaning) + " Unit: " + column.unit + ".");
  }
  CHECK(properties_of(functional) == errors);
  CHECK(properties_of(definition.at("properties").at("tile")) == tile);

  std::set<std::string> counters;
  for (const CounterColumn& counter : machine_counters()) counters.insert(counter.name);
  CHECK(root.at("properties").at("units").at("required").get<std::set<std::string>>() == counters);
  CHECK(below(root.at("$defs").at("system"), "/actions").at("required").get<std::set<std::string>>() == counters);
  CHECK(root.at("properties").at("schema_version").at("const") == report_schema_version);
}
