// SPDX-License-Identifier: Apache-2.0
#include "system/simulation.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <systemc>
#include <tlm_utils/tlm_quantumkeeper.h>

#include <anda/dram/dram.h>

#include "system/host.h"
#include "timeline/timeline.h"

namespace anda::sim {

namespace {

/// How far the supervisor lets systems run between two looks: milliseconds of the computer's time.
double cycles_between_looks(Level level) { return level == Level::fast ? 3e7 : 1e5; }

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

/// Looks after the systems: ends the simulation when all are done or one has failed, and reports progress between.
class Supervisor : public sc_core::sc_module {
 public:
  Supervisor(sc_core::sc_module_name name, const std::vector<std::unique_ptr<System>>& systems, double total_macs,
             const Progress& progress, sc_core::sc_time period)
      : sc_module(name), systems_(systems), total_macs_(total_macs), progress_(progress), period_(period) {
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
      bool failed = false;
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
  sc_core::sc_time period_;
  bool stopped_ = false;
};

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
  // The kernel's word on sc_stop, which is how every run here ends.
  sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
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
    systems.push_back(std::make_unique<System>(("system_" + std::to_string(i)).c_str(), config, config.systems[i],
                                               open_source(), dump, i == 0, take));
    total.accelerator = systems.back()->accelerator.config();
    if (timeline) watched[i] = &timeline->watch(total.name, systems.back()->accelerator, systems.back()->dram);
  }
  for (const Counter& counter : systems.front()->counters.list()) {
    result.counters.push_back({counter.name, counter.unit, counter.meaning});
  }

  const sc_core::sc_time period(cycles_between_looks(config.simulation.level) / config.accelerator.clock_hz,
                                sc_core::SC_SEC);
  Supervisor supervisor("supervisor", systems, total_macs, progress, period);
  const Waveforms waveforms(config.simulation.vcd, systems, result);
  sc_core::sc_start();

  if (supervisor.stopped()) throw Error::run("interrupted");
  for (const auto& system : systems) {
    if (!system->host.failure().empty()) throw Error::run(system->host.failure());
  }
  for (const auto& system : systems) {
    if (!system->host.finished()) {
      throw Error::run("the simulated time reached the limit of the SystemC kernel, " +
                       sc_core::sc_max_time().to_string() + "; use fewer GeMMs or a faster clock");
    }
  }
  for (std::size_t i = 0; i < systems.size(); ++i) {
    if (const dram::DetailedMemory* channels = systems[i]->dram.channels()) {
      result.systems[i].dram = channels->statistics();
    }
  }
  if (timeline) timeline->write();
  return result;
}

}  // namespace anda::sim
