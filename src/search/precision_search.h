// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SEARCH_PRECISION_SEARCH_H
#define ANDA_SIM_SEARCH_PRECISION_SEARCH_H

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "search/bit_operations.h"
#include "search/combination_search.h"
#include "search/evaluator.h"
#include "search/objective.h"
#include "search/precisions.h"
#include "search/schedule_search.h"
#include "search/search_log.h"
#include "search/simulated_cost.h"

namespace anda::sim {

struct SearchSettings {
  Objective objective = Objective::bops;
  std::uint32_t iterations = default_iterations;
  SearchedAttention attention{};  ///< in addition to the four tensor types
  bool per_layer = false;
  std::uint32_t layer_iterations = 0;     ///< for a refinement
  bool early_stop = false;                ///< evaluations certainly beyond the tolerance end early; first stage only
  std::vector<std::uint32_t> schedule{};  ///< ascending positions from which lengths may differ; empty: none
  std::uint32_t schedule_iterations = 0;  ///< for a schedule search
};

/// The results for one tolerance.
struct ToleranceResult {
  double tolerance = 0;  ///< share of the baseline's perplexity
  SearchOutcome modules;
  std::optional<SearchOutcome> layers;    ///< refined from modules
  std::optional<SearchOutcome> schedule;  ///< found from modules

  const SearchOutcome& outcome() const { return schedule ? *schedule : layers ? *layers : modules; }
  bool meets() const { return modules.meets; }
};

/// Searches precisions for one tolerance after another. Evaluates nothing twice, and nothing that the log already
/// holds.
class PrecisionSearch {
 public:
  /// `make_evaluator` is called before the first evaluation that the log does not hold. `simulated` is required for
  /// every objective except bops, otherwise nullptr. `look` is called at every iteration with the number of iterations
  /// so far for the current tolerance, over all stages; it throws to end the search.
  PrecisionSearch(const SearchSettings& settings, const BitOperations& operations, SimulatedCost* simulated,
                  std::function<std::unique_ptr<Evaluator>()> make_evaluator, SearchLog& log,
                  std::function<void(std::uint32_t)> look);

  double baseline();
  /// Positions from which lengths may differ.
  const std::vector<std::uint32_t>& positions() const { return settings_.schedule; }
  ToleranceResult run(double tolerance);

  /// Number of different precisions visited, and number of those that the evaluator was asked for.
  std::size_t looked_at() const { return losses_.size() + stopped_.size() + schedules_; }
  std::size_t asked() const { return asked_; }
  /// Number of evaluations that ended early, and the total share of the text that the requested evaluations ran.
  std::size_t stopped() const { return asked_stopped_; }
  double asked_share() const { return asked_share_; }

  /// The Pareto front of cost and loss over everything visited except schedules, cheapest first.
  std::vector<Candidate> front() const;

  /// Precisions with everything known about them, under the keys of the log.
  nlohmann::ordered_json describe(const Candidate& candidate) const;

 private:
  double cost(const Precisions& precisions) const;
  double loss(const Precisions& precisions);
  /// The same, or the estimate if the evaluation ended early.
  double loss_within(const Precisions& precisions, double tolerance);
  double loss_of(const Precisions& precisions, double perplexity);
  ScheduleLoss loss_by_position(const Precisions& precisions);
  PositionPerplexities perplexities_by_position(const Precisions* precisions);
  SearchOutcome search_for_schedule(const Candidate& start, double tolerance);
  void take_down(const Visit& visit, double tolerance, const char* stage);
  Evaluator& evaluator();

  SearchSettings settings_;
  const BitOperations& operations_;
  SimulatedCost* simulated_;
  std::function<std::unique_ptr<Evaluator>()> make_evaluator_;
  std::unique_ptr<Evaluator> evaluator_;
  SearchLog& log_;
  std::function<void(std::uint32_t)> look_;
  std::map<Precisions, double, PrecisionsOrder> perplexities_;  ///< not in the log yet
  std::map<Precisions, double, PrecisionsOrder> losses_;
  std::map<Precisions, Evaluated, PrecisionsOrder> stopped_;  ///< evaluations that ended early and are not in losses_
  std::size_t asked_stopped_ = 0;
  double asked_share_ = 0;
  std::size_t asked_ = 0;
  std::map<Precisions, std::vector<double>, PrecisionsOrder> by_position_;  ///< perplexities
  std::size_t schedules_ = 0;                                               ///< number of these whose lengths change
  std::uint32_t before_ = 0;                                                ///< iterations of the earlier stages
};

}  // namespace anda::sim

#endif
