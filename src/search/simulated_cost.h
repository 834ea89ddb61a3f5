// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SEARCH_SIMULATED_COST_H
#define ANDA_SIM_SEARCH_SIMULATED_COST_H

#include <cstdint>
#include <map>
#include <tuple>

#include "config/run_config.h"
#include "report/evaluation.h"
#include "search/evaluator.h"
#include "search/objective.h"
#include "system/compiler.h"
#include "system/simulation.h"

namespace anda::sim {

/// What a run of the system anda takes.
struct RunCost {
  std::uint64_t cycles = 0;
  double time_s = 0;
  double energy_pj = 0;

  /// As the objective counts: cycles, pJ or pJ · s.
  double of(Objective objective) const;
};

/// Cycles and energy of a workload on Anda for any precisions, equal to those of a run. Every GeMM starts on an idle
/// machine, so a run is the sum of its GeMMs: each that is different is simulated once for every pair of mantissa
/// lengths, of its input and of its results, and only added up afterwards. With the detailed memory a GeMM depends on
/// where in the refresh interval it starts, too, and the sum is near a run's.
class SimulatedCost {
 public:
  /// Simulates. Once a process, as simulate(). Throws Error (run) if it fails or `progress` says stop.
  SimulatedCost(const RunConfig& config, const Progress& progress);
  SimulatedCost(const SimulatedCost&) = delete;
  SimulatedCost& operator=(const SimulatedCost&) = delete;

  /// Mantissa lengths must not exceed those that a search starts from.
  RunCost of(const Precisions& precisions);

 private:
  /// m, n, k, mantissa bits of input and results, weight bits: what decides the counts of a GeMM.
  using Key = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t, std::uint32_t>;
  /// What of a row decides its task: layer, tensor, m, n, k, weight bits.
  using Row = std::tuple<std::uint32_t, std::string, std::uint64_t, std::uint64_t, std::uint64_t, std::uint32_t>;
  class Table;

  static Key key_of(const GemmTask& task);
  void read_workload();
  void simulate_all(const Progress& progress);

  RunConfig config_;
  Compiler compiler_;
  std::map<Row, std::uint64_t> rows_;  ///< how often each runs
  std::map<Key, Counts> counts_;
  std::unique_ptr<Evaluation> evaluation_;
};

}  // namespace anda::sim

#endif
