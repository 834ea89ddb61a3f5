// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SEARCH_SIMULATED_COST_H
#define ANDA_SIM_SEARCH_SIMULATED_COST_H

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "config/run_config.h"
#include "report/evaluation.h"
#include "search/evaluator.h"
#include "search/objective.h"
#include "search/precisions.h"
#include "system/machine.h"

namespace anda::sim {

/// Cost of a run of the system anda.
struct RunCost {
  std::uint64_t cycles = 0;
  double time_s = 0;
  double energy_pj = 0;

  /// The cost in the unit of the objective: cycles, pJ or pJ · s.
  double of(Objective objective) const;
};

/// Computes cycles and energy of a workload of any scope on Anda for any precisions, equal to those of a run. Every
/// operation starts on an idle machine, so a run is the sum of its operations: each distinct operation is simulated
/// once, when a precision first needs it, and afterwards only added up. With the detailed memory, an operation also
/// depends on its start within the refresh interval, so the sum only approximates a run.
class SimulatedCost {
 public:
  /// Elaborates the machine, so at most once per process. `go_on`, polled before each simulation, ends it with Error
  /// (run) by returning false.
  SimulatedCost(const RunConfig& config, std::function<bool()> go_on);
  SimulatedCost(const SimulatedCost&) = delete;
  SimulatedCost& operator=(const SimulatedCost&) = delete;

  /// Throws Error (input) for lengths that the machine does not support.
  const RunCost& of(const Precisions& precisions);

  /// Number of simulated operations.
  std::size_t simulated() const { return known_.size(); }

 private:
  const Counts& counts_of(const Gemm& operation);
  void add_up(GemmSource& source, Counts& total);

  RunConfig config_;  ///< with the current precisions
  const RunConfig base_;
  std::function<bool()> go_on_;
  std::vector<Gemm> gemms_;  ///< for scope gemms: each distinct GeMM with its count
  Machine machine_;
  Evaluation evaluation_;
  std::unordered_map<std::string, Counts> known_;  ///< by task: an operation without name and count
  std::map<Precisions, RunCost, PrecisionsOrder> costs_;
};

}  // namespace anda::sim

#endif
