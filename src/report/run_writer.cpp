// SPDX-License-Identifier: Apache-2.0
#include "report/run_writer.h"

#include <anda/base/error.h>

#include <stdexcept>

#include "report/assumptions.h"
#include "report/evaluation.h"
#include "report/ops_csv.h"
#include "report/report_json.h"

namespace anda::sim {
namespace {

constexpr std::uint64_t ops_between_questions = 1024;

}  // namespace

RunWriter::RunWriter(const std::string& folder, std::size_t systems, RunInfo info, std::vector<NamedInput> inputs)
    : folder_(folder),
      files_(std::move(inputs)),
      report_file_(files_.add(folder_.file("report.json"))),  // the first: the last to appear
      ops_file_(files_.add(folder_.file("ops.csv"))),
      config_file_(files_.add(folder_.file("config.yaml"))),
      info_(std::move(info)),
      ops_(folder_.path(), systems) {}

void RunWriter::finish(const SimulationResult& result, const std::function<bool()>& go_on) {
  if (result.systems.size() != ops_.size()) throw std::logic_error("RunWriter: another number of systems");
  info_.notes.insert(info_.notes.end(), result.notes.begin(), result.notes.end());
  const Evaluation evaluation(result, info_.dram, info_.technology);

  config_file_.stream() << info_.config_yaml;
  const bool functional = !result.systems.empty() && !result.systems.front().tensor_errors.empty();
  OpsCsv csv(ops_file_.stream(), evaluation.metrics(), functional);
  ReportJson json(report_file_.stream(), info_, evaluation);

  json.begin(assumptions(info_, result));
  OpRecord record;
  std::vector<MetricValue> values;
  for (std::size_t system = 0; system < ops_.size(); ++system) {
    json.begin_system(system);
    ops_[system].rewind();
    std::size_t kind = 0;
    for (std::uint64_t i = 0; ops_[system].next(record, kind); ++i) {
      if (go_on && i % ops_between_questions == 0 && !go_on()) throw Error::run("interrupted");
      evaluation.evaluate(system, record.counts, Metric::Scope::everywhere, values);
      csv.op(result.systems[system].name, record, values);
      json.op(record, values);
    }
    json.end_system();
  }
  json.end();

  files_.publish();
  folder_.keep();
}

}  // namespace anda::sim
