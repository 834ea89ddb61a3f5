// SPDX-License-Identifier: Apache-2.0
#include "system/simulation.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <systemc>
#include <tlm_utils/tlm_quantumkeeper.h>

#include <anda/base/simulated_time.h>
#include <anda/dram/dram.h>

#include "system/host.h"
#include "timeline/timeline.h"

namespace anda::sim {

namespace {

/// How far systems run between two reports of progress: milliseconds of the computer's time.
double cycles_between_reports(Level level) { return level == Level::fast ? 3e7 : 1e5; }

DramConfig memory_of(const RunConfig& config) {
  DramConfig memory = config.dram;
  memory.store_data = memory.store_data || config.functional.enabled;
  return memory;
}

/// One system under test: host, accelerator and its own memory.
class System : public sc_core::sc_module {
 public:
  System(sc_core::sc_module_name name, const RunConfig& config, PeKind system, std::unique_ptr<GemmSource> source,
         TensorDump* dump, bool first, std::function<void(const OpRecord&)> take)
      : sc_module(name),
        source_(std::move(source)),
        accelerator("accelerator", accelerator_of(config, system)),
        dram("dram", memory_of(config)),
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

/// Simulates until all systems are done or nothing can happen any more, and reports progress between. No process of the
/// simulation does this: while it waited for its next look, something would still be to happen.
void run_systems(const std::vector<std::unique_ptr<System>>& systems, double total_macs, const Progress& progress,
                 const sc_core::sc_time& period) {
  for (bool finished = false; !finished;) {
    try {
      sc_core::sc_start(within_time(period), sc_core::SC_EXIT_ON_STARVATION);
    } catch (const sc_core::sc_report& report) {
      throw Error::run(report.get_msg());
    }
    double done = 0;
    finished = true;
    for (const auto& system : systems) {
      if (!system->host.failure().empty()) throw Error::run(system->host.failure());
      done += system->host.macs_done();
      finished = finished && system->host.finished();
    }
    if (!progress(done / (total_macs * static_cast<double>(systems.size())))) throw Error::run("interrupted");
    const bool over = !sc_core::sc_pending_activity() || sc_core::sc_time_stamp().value() >= end_of_time;
    if (over && !finished) throw Error::run("the simulation came to a halt: nothing is left to happen");
  }
}

/// The waveforms of a run, closed at its end.
class Waveforms {
 public:
  Waveforms(const std::string& path, const std::vector<std::unique_ptr<System>>& systems,
            const SimulationResult& result) {
    if (path.empty()) return;
    if (!std::ofstream(path)) throw Error::input("simulation.vcd: cannot write " + path);
    // The kernel puts .vcd behind the name by itself, and says that a time unit was set.
    const std::filesystem::path name(path);
    sc_core::sc_report_handler::set_actions("tracing timescale unit set", sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
    file_ = sc_core::sc_create_vcd_trace_file((name.parent_path() / name.stem()).c_str());
    file_->set_time_unit(1, sc_core::SC_PS);
    for (std::size_t i = 0; i < systems.size(); ++i)
      systems[i]->accelerator.trace_blocks(*file_, result.systems[i].name);
  }
  ~Waveforms() {
    if (file_ != nullptr) sc_core::sc_close_vcd_trace_file(file_);
  }
  Waveforms(const Waveforms&) = delete;
  Waveforms& operator=(const Waveforms&) = delete;

 private:
  sc_core::sc_trace_file* file_ = nullptr;
};

}  // namespace

SimulationResult simulate(const RunConfig& config, const std::function<std::unique_ptr<GemmSource>()>& open_source,
                          double total_macs, OpSink& sink, const Progress& progress, TensorDump* dump) {
  tlm::tlm_global_quantum::instance().set(sc_core::sc_time(config.simulation.quantum_us, sc_core::SC_US));

  SimulationResult result;
  result.systems.resize(config.systems.size());
  std::vector<std::unique_ptr<System>> systems;
  std::optional<Timeline> timeline;
  if (!config.simulation.timeline.file.empty()) timeline.emplace(config);
  std::vector<SystemTimeline*> watched(config.systems.size(), nullptr);
  for (std::size_t i = 0; i < config.systems.size(); ++i) {
    SystemResult& total = result.systems[i];
    total.name = name_of(pe_kinds, config.systems[i]);
    const auto take = [i, &total, &sink, &watched](const OpRecord& record) {
      if (watched[i] != nullptr) watched[i]->name_gemms(record.gemm.name);
      add_to(total.totals, record.counts);
      const auto tensor = std::find_if(total.tensors.begin(), total.tensors.end(),
                                       [&](const auto& entry) { return entry.first == record.gemm.tensor; });
      const auto place = static_cast<std::size_t>(tensor - total.tensors.begin());
      add_to(tensor != total.tensors.end() ? tensor->second
                                           : total.tensors.emplace_back(record.gemm.tensor, Counts{}).second,
             record.counts);
      if (record.errors) {
        if (total.tensor_errors.size() <= place) total.tensor_errors.resize(place + 1);
        total.tensor_errors[place] += *record.errors;
      }
      sink.take(i, record);
    };
    auto system = std::make_unique<System>(("system_" + std::to_string(i)).c_str(), config, config.systems[i],
                                           open_source(), dump, i == 0, take);
    total.accelerator = system->accelerator.config();
    if (timeline) watched[i] = &timeline->watch(total.name, system->accelerator, system->dram);
    if (i == 0) {
      for (const Counter& counter : system->counters.list()) {
        result.counters.push_back({counter.name, counter.unit, counter.meaning});
      }
    }
    systems.push_back(std::move(system));
  }

  const sc_core::sc_time period(cycles_between_reports(config.accelerator.level) / config.accelerator.clock_hz,
                                sc_core::SC_SEC);
  const Waveforms waveforms(config.simulation.vcd, systems, result);
  run_systems(systems, total_macs, progress, period);
  if (timeline) timeline->write();
  return result;
}

}  // namespace anda::sim
