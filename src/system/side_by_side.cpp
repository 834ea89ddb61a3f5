// SPDX-License-Identifier: Apache-2.0
#include "system/side_by_side.h"

#include <poll.h>

#include <algorithm>
#include <anda/base/error.h>
#include <memory>
#include <vector>

#include "system/compiler.h"
#include "system/system_process.h"

namespace anda::sim {
namespace {

constexpr int milliseconds_between_looks = 50;

/// Whether a single kernel must run all systems, or this process writes files during the simulation.
bool stays_together(const RunConfig& config, const TensorDump* dump) {
  return !config.simulation.vcd.empty() || !config.simulation.timeline.file.empty() ||
         !config.dram.request_trace.empty() || dump != nullptr;
}

std::unique_ptr<GemmStore> open_store(const std::string& folder) {
  return folder.empty() ? nullptr : std::make_unique<GemmStore>(folder);
}

/// Simulates the systems of a run in separate processes.
class SideBySide {
 public:
  SideBySide(const RunConfig& config, const SourceOpener& open_source, double total_macs, OpSpools& ops,
             std::size_t at_once, const std::string& cache)
      : config_(config),
        open_source_(open_source),
        total_macs_(total_macs),
        ops_(ops),
        at_once_(at_once),
        cache_(cache),
        wanted_(config.systems.size()),
        processes_(config.systems.size()) {}

  SimulationResult run(const Progress& progress) {
    while (unfinished() > 0) {
      start();
      if (!progress(done())) throw Error::run("interrupted");
      take();
    }
    for (const auto& process : processes_) {
      if (process && process->failure()) std::rethrow_exception(process->failure());
    }
    return together();
  }

 private:
  bool runs(std::size_t system) const { return processes_[system] && !processes_[system]->finished(); }

  std::size_t unfinished() const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < wanted_; ++i) {
      if (!processes_[i] || runs(i)) ++count;
    }
    return count;
  }

  void start() {
    std::size_t running = 0;
    for (std::size_t i = 0; i < wanted_; ++i) {
      if (runs(i)) ++running;
    }
    for (std::size_t i = 0; i < wanted_ && running < at_once_; ++i) {
      if (processes_[i]) continue;
      const Element& kind = config_.systems[i];
      processes_[i] = std::make_unique<SystemProcess>(
          kind.name(), [&](const Progress& progress) { return simulate_one(i, kind, progress); });
      ++running;
    }
  }

  /// Runs in the process of a system.
  std::pair<SimulationResult, std::uint64_t> simulate_one(std::size_t system, const Element& kind,
                                                          const Progress& progress) {
    class Sink : public OpSink {
     public:
      explicit Sink(OpSpool& spool) : spool_(spool) {}
      void take(std::size_t, const OpRecord& record) override { spool_.add(record); }

     private:
      OpSpool& spool_;
    };
    RunConfig alone = config_;
    alone.systems = {kind};
    Sink sink(ops_[system]);
    const std::unique_ptr<GemmStore> store = open_store(cache_);
    SimulationResult result = simulate(alone, open_source_, total_macs_, sink, progress, nullptr, nullptr, store.get());
    return {std::move(result), ops_[system].finish()};
  }

  double done() const {
    double sum = 0;
    for (const auto& process : processes_) sum += process ? process->done() : 0;
    return sum / static_cast<double>(processes_.size());
  }

  void take() {
    std::vector<pollfd> pipes;
    std::vector<std::size_t> systems;
    for (std::size_t i = 0; i < wanted_; ++i) {
      if (!runs(i)) continue;
      pipes.push_back({processes_[i]->descriptor(), POLLIN, 0});
      systems.push_back(i);
    }
    if (::poll(pipes.data(), pipes.size(), milliseconds_between_looks) <= 0) return;
    for (std::size_t i = 0; i < pipes.size(); ++i) {
      if (pipes[i].revents == 0 || systems[i] >= wanted_) continue;
      processes_[systems[i]]->take();
      if (processes_[systems[i]]->failure()) give_up_after(systems[i]);
    }
  }

  /// Systems before a failed one continue: one of them may fail as well, and would then be the first.
  void give_up_after(std::size_t system) {
    wanted_ = system + 1;
    for (std::size_t i = wanted_; i < processes_.size(); ++i) processes_[i].reset();
  }

  SimulationResult together() {
    SimulationResult whole = std::move(processes_.front()->result());
    for (std::size_t i = 0; i < processes_.size(); ++i) {
      SimulationResult& own = processes_[i]->result();
      if (i > 0) whole.systems.push_back(std::move(own.systems.front()));
      for (const std::string& warning : own.warnings) {
        if (std::count(whole.warnings.begin(), whole.warnings.end(), warning) == 0) whole.warnings.push_back(warning);
      }
      whole.systems.back().accelerator = accelerator_of(config_, config_.systems[i]);
      ops_[i].adopt(processes_[i]->records());
    }
    return whole;
  }

  const RunConfig& config_;
  const SourceOpener& open_source_;
  double total_macs_;
  OpSpools& ops_;
  std::size_t at_once_;
  const std::string& cache_;
  std::size_t wanted_;  ///< number of systems up to and including the first known failure
  std::vector<std::unique_ptr<SystemProcess>> processes_;
};

}  // namespace

SimulationResult simulate_side_by_side(const RunConfig& config, const SourceOpener& open_source, double total_macs,
                                       OpSpools& ops, const Progress& progress, FileSet& files, TensorDump* dump,
                                       std::size_t at_once, const std::string& cache) {
  if (at_once > 1 && config.systems.size() > 1 && !stays_together(config, dump)) {
    return SideBySide(config, open_source, total_macs, ops, at_once, cache).run(progress);
  }
  const std::unique_ptr<GemmStore> store = open_store(cache);
  return simulate(config, open_source, total_macs, ops, progress, &files, dump, store.get());
}

}  // namespace anda::sim
