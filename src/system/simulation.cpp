// SPDX-License-Identifier: Apache-2.0
#include "system/simulation.h"

#include <algorithm>
#include <optional>
#include <systemc>
#include <tlm_utils/tlm_quantumkeeper.h>

#include <anda/dram/dram.h>

#include "system/host.h"
#include "system/waveforms.h"
#include "timeline/timeline.h"

namespace anda::sim {

namespace {

/// How far the supervisor lets systems run between two looks: milliseconds of the computer's time.
double cycles_between_looks(Level level) { return level == Level::fast ? 3e7 : 1e5; }

DramConfig memory_of(const RunConfig& config, const std::string& request_trace) {
  DramConfig memory = config.dram;
  memory.request_trace = request_trace;
  memory.store_data = memory.store_data || config.functional.enabled;
  return memory;
}

/// One system under test: host, accelerator and its own memory.
class System : public sc_core::sc_module {
 public:
  System(sc_core::sc_module_name name, const RunConfig& config, PeKind system, std::unique_ptr<GemmSource> source,
         const std::string& request_trace, TensorDump* dump, bool first, std::function<void(const OpRecord&)> take)
      : sc_module(name),
        source_(std::move(source)),
        accelerator("accelerator", accelerator_of(config, system)),
        dram("dram", memory_of(config, request_trace)),
        compiler_(config, accelerator.config()),
        data_(config, name_of(pe_kinds, system), accelerator, dump, first),
        counters(all_counters()),
        host("host", compiler_, counters, *source_, config.simulation.fold_layers,
             config.functional.enabled ? &data_ : nullptr, std::move(take)),
        interrupt_("interrupt") {
    host.control.bind(accelerator.control);
    accelerator.memory.bind(dram.socket);
    accelerator.interrupt.bind(interrupt_);
    host.interrupt.bind(interrupt_);
  }

 private:
  Counters all_counters() const {
    Counters all;
    all.add(accelerator.counters());
    all.add(dram.counters());
    return all;
  }

  std::unique_ptr<GemmSource> source_;

 public:
  Accelerator accelerator;
  Dram dram;

 private:
  Compiler compiler_;
  DataHost data_;

 public:
  const Counters counters;
  Host host;

 private:
  sc_core::sc_signal<bool> interrupt_;
};

/// Looks after the systems: ends the simulation when all are done or one has failed, and reports progress between.
class Supervisor : public sc_core::sc_module {
 public:
  Supervisor(sc_core::sc_module_name name, const std::vector<std::unique_ptr<System>>& systems, double total_macs,
             const Progress& progress, const std::optional<Waveforms>& waveforms, sc_core::sc_time period)
      : sc_module(name),
        systems_(systems),
        total_macs_(total_macs),
        progress_(progress),
        waveforms_(waveforms),
        period_(period) {
    SC_HAS_PROCESS(Supervisor);
    SC_THREAD(run);
  }

  bool stopped() const { return stopped_; }

 private:
  void run() {
    sc_core::sc_event_or_list any_ended;
    for (const auto& system : systems_) any_ended |= system->host.ended();
    for (;;) {
      sc_core::wait(period_, any_ended);
      double done = 0;
      bool all_finished = true;
      bool failed = waveforms_ && waveforms_->failed();
      for (const auto& system : systems_) {
        done += system->host.macs_done();
        all_finished = all_finished && system->host.finished();
        failed = failed || !system->host.failure().empty();
      }
      stopped_ = !progress_(done / (total_macs_ * static_cast<double>(systems_.size())));
      if (all_finished || failed || stopped_) {
        sc_core::sc_stop();
        return;
      }
    }
  }

  const std::vector<std::unique_ptr<System>>& systems_;
  double total_macs_;
  const Progress& progress_;
  const std::optional<Waveforms>& waveforms_;
  sc_core::sc_time period_;
  bool stopped_ = false;
};

}  // namespace

namespace {

class Run {
 public:
  Run(const RunConfig& config, OpSink& sink, FileSet& files) : config_(config), sink_(sink), files_(files) {}

  SimulationResult simulate(const SourceOpener& open_source, double total_macs, const Progress& progress,
                            TensorDump* dump);

 private:
  void build(const SourceOpener& open_source, TensorDump* dump);
  /// Counts a GeMM that a system has done.
  void take(std::size_t system, const OpRecord& record);
  void check_ended(const Supervisor& supervisor) const;

  const RunConfig& config_;
  OpSink& sink_;
  FileSet& files_;
  SimulationResult result_;
  std::vector<std::unique_ptr<System>> systems_;
  std::optional<Timeline> timeline_;
  std::vector<SystemTimeline*> watched_;
};

void Run::take(std::size_t system, const OpRecord& record) {
  SystemResult& total = result_.systems[system];
  if (watched_[system] != nullptr) watched_[system]->name_gemms(record.gemm.name);
  add_to(total.totals, record.counts);
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
  sink_.take(system, record);
}

void Run::build(const SourceOpener& open_source, TensorDump* dump) {
  result_.systems.resize(config_.systems.size());
  watched_.assign(config_.systems.size(), nullptr);
  if (!config_.simulation.timeline.file.empty()) timeline_.emplace(config_, files_);
  const std::string& trace = config_.dram.request_trace;
  const std::string request_trace = trace.empty() ? "" : files_.stage(trace);
  for (std::size_t i = 0; i < config_.systems.size(); ++i) {
    SystemResult& total = result_.systems[i];
    total.name = name_of(pe_kinds, config_.systems[i]);
    systems_.push_back(std::make_unique<System>(("system_" + std::to_string(i)).c_str(), config_, config_.systems[i],
                                                open_source(), request_trace, dump, i == 0,
                                                [this, i](const OpRecord& record) { take(i, record); }));
    total.accelerator = systems_.back()->accelerator.config();
    if (timeline_) watched_[i] = &timeline_->watch(total.name, systems_.back()->accelerator, systems_.back()->dram);
  }
  for (const Counter& counter : systems_.front()->counters.list()) {
    result_.counters.push_back({counter.name, counter.unit, counter.meaning});
  }
}

void Run::check_ended(const Supervisor& supervisor) const {
  if (supervisor.stopped()) throw Error::run("interrupted");
  for (const auto& system : systems_) {
    if (!system->host.failure().empty()) throw Error::run(system->host.failure());
  }
  for (const auto& system : systems_) {
    if (!system->host.finished()) {
      throw Error::run("the simulated time reached the limit of the SystemC kernel, " +
                       sc_core::sc_max_time().to_string() + "; use fewer GeMMs or a faster clock");
    }
  }
}

SimulationResult Run::simulate(const SourceOpener& open_source, double total_macs, const Progress& progress,
                               TensorDump* dump) {
  build(open_source, dump);
  const sc_core::sc_time period(cycles_between_looks(config_.simulation.level) / config_.accelerator.clock_hz,
                                sc_core::SC_SEC);
  std::optional<Waveforms> waveforms;
  Supervisor supervisor("supervisor", systems_, total_macs, progress, waveforms, period);
  if (!config_.simulation.vcd.empty()) {
    waveforms.emplace(files_.add(config_.simulation.vcd));
    for (std::size_t i = 0; i < systems_.size(); ++i)
      systems_[i]->accelerator.trace_blocks(waveforms->trace_file(), result_.systems[i].name);
  }
  sc_core::sc_start();

  if (waveforms) waveforms->close();
  check_ended(supervisor);
  for (const auto& system : systems_) system->dram.finish_request_trace();
  if (timeline_) {
    timeline_->write();
    result_.notes = timeline_->notes();
  }
  return std::move(result_);
}

}  // namespace

SimulationResult simulate(const RunConfig& config, const SourceOpener& open_source, double total_macs, OpSink& sink,
                          const Progress& progress, FileSet* files, TensorDump* dump) {
  // The kernel's word on sc_stop, which is how every run here ends.
  sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(config.simulation.quantum_us, sc_core::SC_US));

  FileSet own;
  FileSet& all = files != nullptr ? *files : own;
  SimulationResult result;
  try {
    result = Run(config, sink, all).simulate(open_source, total_macs, progress, dump);
  } catch (const Error& error) {
    throw Error(error.kind(), all.with_final_paths(error.what()));
  } catch (const sc_core::sc_report& report) {
    // The kernel wraps what a block's process throws.
    const std::string kind = report.get_msg_type();
    const std::string text = (kind == "uncaught exception" ? "" : kind + ": ") + report.get_msg();
    throw Error::run(all.with_final_paths(text));
  }
  if (files == nullptr) own.publish();
  return result;
}

}  // namespace anda::sim
