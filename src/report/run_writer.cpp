// SPDX-License-Identifier: Apache-2.0
#include "report/run_writer.h"

#include <anda/base/error.h>

#include <memory>
#include <stdexcept>

#include "report/assumptions.h"
#include "report/evaluation.h"
#include "report/op_kinds.h"
#include "report/ops_csv.h"
#include "report/ops_sqlite.h"
#include "report/report_json.h"

namespace anda::sim {
namespace {

constexpr std::uint64_t ops_between_questions = 1024;

}  // namespace

RunWriter::RunWriter(const std::string& folder, std::size_t systems, RunInfo info, std::vector<NamedInput> inputs)
    : folder_(folder),
      files_(std::move(inputs)),
      report_file_(files_.add(folder_.file("report.json"))),  // added first, so it appears last
      ops_file_(files_.add(folder_.file("ops.csv"))),
      config_file_(files_.add(folder_.file("config.yaml"))),
      info_(std::move(info)),
      ops_(folder_.path(), systems) {}

void RunWriter::add_sqlite() { sqlite_path_ = files_.stage(folder_.file("ops.sqlite")); }

void RunWriter::finish(const SimulationResult& result, const std::function<bool()>& go_on) {
  if (result.systems.size() != ops_.size()) throw std::logic_error("RunWriter: another number of systems");
  info_.notes.insert(info_.notes.end(), result.notes.begin(), result.notes.end());
  const Evaluation evaluation(result, info_.dram, info_.technology);

  config_file_.stream() << info_.config_yaml;
  const bool functional = !result.systems.empty() && !result.systems.front().tensor_errors.empty();
  OpsCsv csv(ops_file_.stream(), evaluation.metrics(), functional, result.inference.has_value());
  ReportJson json(report_file_.stream(), info_, evaluation);

  std::unique_ptr<OpsSqlite> sqlite;
  if (!sqlite_path_.empty()) {
    sqlite = std::make_unique<OpsSqlite>(sqlite_path_, folder_.file("ops.sqlite"), evaluation.metrics(), functional,
                                         result.inference.has_value());
  }
  json.begin(assumptions(info_, result));
  for (std::size_t system = 0; system < ops_.size(); ++system) {
    json.begin_system(system);
    write_ops(system, evaluation, csv, json, sqlite.get(), go_on);
    json.end_system();
  }
  json.end();
  if (sqlite) sqlite->finish();

  files_.publish();
  folder_.keep();
}

void RunWriter::write_ops(std::size_t system, const Evaluation& evaluation, OpsCsv& csv, ReportJson& json,
                          OpsSqlite* sqlite, const std::function<bool()>& go_on) {
  OpSpool& spool = ops_[system];
  const std::string& name = evaluation.result().systems[system].name;
  const bool together = spool.finish() > most_single_ops;
  OpKinds kinds;
  std::vector<MetricValue> values;
  bool has_others = false;
  const auto for_each = [&](const auto& action) {
    OpRecord record;
    std::size_t kind = 0;
    spool.rewind();
    for (std::uint64_t i = 0; spool.next(record, kind); ++i) {
      if (go_on && i % ops_between_questions == 0 && !go_on()) throw Error::run("interrupted");
      action(record, kind);
    }
  };
  const auto evaluate = [&](const OpRecord& record) {
    evaluation.evaluate(system, record.counts, Metric::Scope::everywhere, values);
  };

  for_each([&](const OpRecord& record, std::size_t kind) {
    const bool is_other = kind == OpSpool::no_kind;
    const bool is_new = !is_other && kinds.add(kind, record);
    if (is_other || is_new || !together) evaluate(record);
    if (is_new) {
      kinds[kind].details = csv.details(record, values);
      if (sqlite != nullptr) kinds[kind].result = sqlite->result(record, values);
    }
    csv.op(name, record, is_other ? csv.details(record, values) : kinds[kind].details);
    if (sqlite != nullptr) {
      sqlite->op(name, record, is_other ? sqlite->result(record, values) : kinds[kind].result);
    }
    if (!together) json.op(record, values);
    has_others = has_others || is_other;
  });
  if (!together) return;
  for (const OpKinds::Kind& kind : kinds.list()) {
    const OpRecord all = kind.together();
    evaluate(all);
    json.ops(all, kind.rows, values);
  }
  if (!has_others) return;
  // Each of these follows the first op of every kind kept apart.
  for_each([&](const OpRecord& record, std::size_t kind) {
    if (kind != OpSpool::no_kind) return;
    evaluate(record);
    json.op(record, values);
  });
}

}  // namespace anda::sim
