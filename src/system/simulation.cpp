// SPDX-License-Identifier: Apache-2.0
#include "system/simulation.h"

#include <algorithm>
#include <optional>
#include <systemc>
#include <tlm_utils/tlm_quantumkeeper.h>

#include <anda/base/simulated_time.h>

#include "system/knowledge.h"
#include "system/system_module.h"
#include "system/waveforms.h"
#include "timeline/timeline.h"

namespace anda::sim {

namespace {

/// Simulated cycles between two progress reports, which take milliseconds of real time.
double cycles_between_reports(Level level) { return level == Level::fast ? 3e7 : 1e5; }

/// Simulates until all systems are done or no events are left, and reports progress in between. This cannot be a
/// process of the simulation: while it waited for its next report, an event would still be pending.
void run_systems(const std::vector<std::unique_ptr<System>>& systems, double total_macs, const Progress& progress,
                 const std::optional<Waveforms>& waveforms, const sc_core::sc_time& period) {
  for (bool finished = false; !finished;) {
    // The kernel does not advance to an instant without events.
    sc_core::sc_time stretch = period;
    if (sc_core::sc_pending_activity_at_future_time())
      stretch = std::max(period, sc_core::sc_time_to_pending_activity());
    sc_core::sc_start(within_time(stretch), sc_core::SC_EXIT_ON_STARVATION);
    if (waveforms && waveforms->failed()) return;  // closing them reports the cause
    double done = 0;
    finished = true;
    for (const auto& system : systems) {
      system->host.throw_failure();
      done += system->host.macs_done();
      finished = finished && system->host.finished();
    }
    if (!progress(done / (total_macs * static_cast<double>(systems.size())))) throw Error::run("interrupted");
    const bool over = !sc_core::sc_pending_activity() || sc_core::sc_time_stamp().value() >= end_of_time;
    if (over && !finished) throw Error::run("the simulation stalled: no events are pending");
  }
}

}  // namespace

namespace {

class NoGemms : public GemmSource {
 public:
  bool next(Gemm&) override { return false; }
};

class Run {
 public:
  /// `store`: nullptr for none.
  Run(const RunConfig& config, OpSink& sink, FileSet& files, GemmStore* store)
      : config_(config), sink_(sink), files_(files), knowledge_(config, store) {}

  SimulationResult simulate(const SourceOpener& open_source, double total_macs, const Progress& progress,
                            TensorDump* dump);

 private:
  void build(const SourceOpener& open_source, TensorDump* dump);
  /// Replays the GeMMs of a system if all of them are known.
  void replay(std::size_t system, GemmSource& source);
  /// Counts a completed GeMM of a system.
  void take(std::size_t system, const OpRecord& record);

  const RunConfig& config_;
  OpSink& sink_;
  FileSet& files_;
  Knowledge knowledge_;
  SimulationResult result_;
  std::vector<std::unique_ptr<System>> systems_;
  std::optional<Timeline> timeline_;
  std::vector<SystemTimeline*> watched_;
};

void Run::take(std::size_t system, const OpRecord& record) {
  SystemResult& total = result_.systems[system];
  if (watched_[system] != nullptr) watched_[system]->name_gemms(record.gemm.name);
  add_to(total.totals, record.counts);
  if (config_.workload.scope != Scope::gemms) {
    add_to(record.gemm.output_token == 0 ? total.prefill : total.decode, record.counts);
  }
  const auto tensor = std::find_if(total.tensors.begin(), total.tensors.end(),
                                   [&](const auto& entry) { return entry.first == record.gemm.tensor; });
  const auto place = static_cast<std::size_t>(tensor - total.tensors.begin());
  add_to(
      tensor != total.tensors.end() ? tensor->second : total.tensors.emplace_back(record.gemm.tensor, Counts{}).second,
      record.counts);
  if (record.errors) {
    if (total.tensor_errors.size() <= place) total.tensor_errors.resize(place + 1);
    total.tensor_errors[place] += *record.errors;
  }
  knowledge_.learn(system, record);
  sink_.take(system, record);
}

void Run::replay(std::size_t system, GemmSource& source) {
  OpRecord record;
  for (; source.next(record.gemm); ++record.index) {
    knowledge_.tell(system, record);
    take(system, record);
  }
}

void Run::build(const SourceOpener& open_source, TensorDump* dump) {
  result_.systems.resize(config_.systems.size());
  watched_.assign(config_.systems.size(), nullptr);
  if (!config_.simulation.timeline.file.empty()) timeline_.emplace(config_, files_);
  const std::string& trace = config_.dram.request_trace;
  const std::string request_trace = trace.empty() ? "" : files_.stage(trace);
  for (std::size_t i = 0; i < config_.systems.size(); ++i) {
    SystemResult& total = result_.systems[i];
    total.name = config_.systems[i].name();
    const bool is_known = knowledge_.knows_all(i, open_source);
    systems_.push_back(std::make_unique<System>(("system_" + std::to_string(i)).c_str(), config_, config_.systems[i],
                                                is_known ? std::make_unique<NoGemms>() : open_source(),
                                                knowledge_.of_tasks(i), request_trace, dump, i == 0,
                                                [this, i](const OpRecord& record) { take(i, record); }));
    if (is_known) replay(i, *open_source());
    total.accelerator = systems_.back()->accelerator.config();
    if (timeline_) watched_[i] = &timeline_->watch(total.name, systems_.back()->accelerator, systems_.back()->dram);
  }
  for (const Counter& counter : systems_.front()->counters.list()) {
    result_.counters.push_back({counter.name, counter.unit, counter.meaning});
  }
}

SimulationResult Run::simulate(const SourceOpener& open_source, double total_macs, const Progress& progress,
                               TensorDump* dump) {
  build(open_source, dump);
  std::optional<Waveforms> waveforms;
  if (!config_.simulation.vcd.empty()) {
    waveforms.emplace(files_.add(config_.simulation.vcd));
    for (std::size_t i = 0; i < systems_.size(); ++i)
      systems_[i]->accelerator.trace_blocks(waveforms->trace_file(), result_.systems[i].name);
  }
  const sc_core::sc_time period(cycles_between_reports(config_.accelerator.level) / config_.accelerator.clock_hz,
                                sc_core::SC_SEC);
  run_systems(systems_, total_macs, progress, waveforms, period);

  if (waveforms) waveforms->close();
  for (std::size_t i = 0; i < systems_.size(); ++i) {
    Dram& memory = systems_[i]->dram;
    memory.finish_request_trace();
    if (const dram::DetailedMemory* channels = memory.channels()) {
      result_.systems[i].dram = knowledge_.statistics(i, channels->statistics());
    }
  }
  if (timeline_) {
    timeline_->write();
    result_.notes = timeline_->notes();
  }
  return std::move(result_);
}

}  // namespace

SimulationResult simulate(const RunConfig& config, const SourceOpener& open_source, double total_macs, OpSink& sink,
                          const Progress& progress, FileSet* files, TensorDump* dump, GemmStore* store) {
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(config.simulation.quantum_us, sc_core::SC_US));

  FileSet own;
  FileSet& all = files != nullptr ? *files : own;
  SimulationResult result;
  try {
    result = Run(config, sink, all, store).simulate(open_source, total_macs, progress, dump);
  } catch (const Error& error) {
    throw Error(error.kind(), all.with_final_paths(error.what()));
  } catch (const sc_core::sc_report& report) {
    // The kernel wraps exceptions thrown by a block's process.
    const std::string kind = report.get_msg_type();
    const std::string text = (kind == "uncaught exception" ? "" : kind + ": ") + report.get_msg();
    throw Error::run(all.with_final_paths(text));
  }
  if (store != nullptr) {
    store->keep();
    result.warnings = store->problems();
  }
  if (files == nullptr) own.publish();
  return result;
}

}  // namespace anda::sim
