// SPDX-License-Identifier: Apache-2.0
#include "search/precision_search.h"

#include <anda/base/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace anda::sim {

using Json = nlohmann::ordered_json;

PrecisionSearch::PrecisionSearch(const SearchSettings& settings, const BitOperations& operations,
                                 SimulatedCost* simulated, std::function<std::unique_ptr<Evaluator>()> make_evaluator,
                                 SearchLog& log, std::function<void(std::uint32_t)> look)
    : settings_(settings),
      operations_(operations),
      simulated_(simulated),
      make_evaluator_(std::move(make_evaluator)),
      log_(log),
      look_(std::move(look)) {}

Evaluator& PrecisionSearch::evaluator() {
  if (!evaluator_) evaluator_ = make_evaluator_();
  return *evaluator_;
}

double PrecisionSearch::baseline() {
  if (!log_.baseline()) log_.set_baseline(evaluator().baseline());
  return *log_.baseline();
}

double PrecisionSearch::cost(const Precisions& precisions) const {
  if (settings_.objective == Objective::bops) return static_cast<double>(operations_.total(precisions));
  return simulated_->of(precisions).of(settings_.objective);
}

double PrecisionSearch::loss(const Precisions& precisions) {
  const double base = baseline();
  std::optional<double> perplexity = log_.perplexity(precisions);
  if (!perplexity) {
    perplexity = evaluator().perplexity(precisions);
    ++asked_;
  }
  const double loss = (*perplexity - base) / base;
  if (!std::isfinite(loss)) {
    throw Error::run(fmt::format("the perplexity {} of {} is out of all proportion to the baseline's, {}", *perplexity,
                                 lengths_text(precisions), base));
  }
  perplexities_[precisions] = *perplexity;
  return losses_[precisions] = loss;
}

Json PrecisionSearch::describe(const Candidate& candidate) const {
  Json json = precisions_json(candidate.precisions);
  json["bops"] = operations_.total(candidate.precisions);
  if (simulated_ != nullptr) {
    const RunCost cost = simulated_->of(candidate.precisions);
    json["cycles"] = cost.cycles;
    json["energy_pj"] = cost.energy_pj;
    json["edp_pj_s"] = cost.of(Objective::edp);
  }
  json["perplexity"] = perplexities_.at(candidate.precisions);
  json["loss"] = candidate.loss;
  return json;
}

void PrecisionSearch::take_down(const Visit& visit, double tolerance, const char* stage) {
  Json line;
  line["tolerance"] = tolerance;
  line["objective"] = name_of(objectives, settings_.objective);
  line["stage"] = stage;
  line["iteration"] = visit.iteration;
  line.update(describe(visit.candidate));
  line["accepted"] = visit.accepted;
  log_.add(line);
  look_(before_ + visit.iteration);
}

ToleranceResult PrecisionSearch::run(double tolerance) {
  SearchHooks hooks;
  hooks.cost = [this](const Precisions& precisions) { return cost(precisions); };
  hooks.loss = [this](const Precisions& precisions) { return loss(precisions); };
  hooks.visited = [&](const Visit& visit) { take_down(visit, tolerance, "modules"); };
  before_ = 0;
  baseline();
  ToleranceResult result{
      tolerance, search_combinations(tolerance, settings_.iterations, hooks, settings_.attention), {}};
  if (!settings_.per_layer || !result.meets()) return result;

  before_ = settings_.iterations;
  hooks.visited = [&](const Visit& visit) { take_down(visit, tolerance, "layers"); };
  result.layers = refine_layers(result.modules, operations_.layers(), tolerance, settings_.layer_iterations, hooks);
  return result;
}

std::vector<Candidate> PrecisionSearch::front() const {
  std::vector<Candidate> all;
  for (const auto& [precisions, loss] : losses_) all.push_back({precisions, cost(precisions), loss});
  std::stable_sort(all.begin(), all.end(), [](const Candidate& a, const Candidate& b) {
    return a.cost != b.cost ? a.cost < b.cost : a.loss < b.loss;
  });
  std::vector<Candidate> front;
  for (const Candidate& candidate : all) {
    if (front.empty() || candidate.loss < front.back().loss) front.push_back(candidate);
  }
  return front;
}

}  // namespace anda::sim
