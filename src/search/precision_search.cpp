// SPDX-License-Identifier: Apache-2.0
#include "search/precision_search.h"

#include <anda/base/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace anda::sim {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

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

double PrecisionSearch::loss_of(const Precisions& precisions, double perplexity) {
  const double base = baseline();
  const double loss = (perplexity - base) / base;
  if (!std::isfinite(loss)) {
    throw Error::run(fmt::format("the perplexity {} of {} is out of all proportion to the baseline's, {}", perplexity,
                                 lengths_text(precisions), base));
  }
  return loss;
}

double PrecisionSearch::loss(const Precisions& precisions) {
  baseline();
  std::optional<double> perplexity = log_.perplexity(precisions);
  if (!perplexity) {
    perplexity = evaluator().perplexity(precisions);
    ++asked_;
    ++asked_share_;
  }
  stopped_.erase(precisions);
  perplexities_[precisions] = *perplexity;
  return losses_[precisions] = loss_of(precisions, *perplexity);
}

double PrecisionSearch::loss_within(const Precisions& precisions, double tolerance) {
  if (!settings_.early_stop || log_.perplexity(precisions)) return loss(precisions);
  baseline();
  std::optional<Evaluated> evaluated = log_.stopped(precisions, tolerance);
  if (!evaluated) {
    evaluated = evaluator().perplexity_within(precisions, tolerance);
    ++asked_;
    asked_share_ += evaluated->share;
    if (!evaluated->is_whole()) ++asked_stopped_;
  }
  const double loss = loss_of(precisions, evaluated->perplexity);
  perplexities_[precisions] = evaluated->perplexity;
  if (evaluated->is_whole()) {
    stopped_.erase(precisions);
    return losses_[precisions] = loss;
  }
  if (loss <= tolerance) {
    throw Error::run(fmt::format("the evaluation of {} ended early, but its loss, {}, is within the tolerance, {}",
                                 lengths_text(precisions), loss, tolerance));
  }
  if (losses_.count(precisions) == 0) stopped_[precisions] = *evaluated;
  return loss;
}

PositionPerplexities PrecisionSearch::perplexities_by_position(const Precisions* precisions) {
  if (const auto known = log_.by_position(precisions, settings_.schedule)) return *known;
  PositionPerplexities perplexities = evaluator().by_position(precisions, settings_.schedule);
  if (precisions == nullptr) {
    log_.set_baseline(settings_.schedule, perplexities.parts);
  } else {
    ++asked_;
    ++asked_share_;
  }
  return perplexities;
}

ScheduleLoss PrecisionSearch::loss_by_position(const Precisions& precisions) {
  baseline();
  const std::vector<double> base = perplexities_by_position(nullptr).parts;
  const PositionPerplexities perplexities = perplexities_by_position(&precisions);
  perplexities_[precisions] = perplexities.all;
  const bool is_new = by_position_.insert_or_assign(precisions, perplexities.parts).second;
  if (is_new && !precisions.schedule.empty()) ++schedules_;
  ScheduleLoss loss{loss_of(precisions, perplexities.all), {}};
  for (std::size_t i = 0; i < base.size(); ++i) loss.segments.push_back((perplexities.parts[i] - base[i]) / base[i]);
  return loss;
}

SearchOutcome PrecisionSearch::search_for_schedule(const Candidate& start, double tolerance) {
  ScheduleHooks hooks;
  hooks.cost = [this](const Precisions& precisions) { return cost(precisions); };
  hooks.loss = [this](const Precisions& precisions) { return loss_by_position(precisions); };
  hooks.visited = [&](const Visit& visit) { take_down(visit, tolerance, "schedule"); };
  return search_schedule(start, settings_.schedule, tolerance, settings_.schedule_iterations, hooks);
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
  const auto stopped = stopped_.find(candidate.precisions);
  json[stopped == stopped_.end() ? "perplexity" : "estimate"] = perplexities_.at(candidate.precisions);
  if (stopped != stopped_.end()) json["stopped_after"] = stopped->second.share;
  json["loss"] = candidate.loss;
  if (!candidate.segment_losses.empty()) {
    json["positions"] = settings_.schedule;
    json["perplexities"] = by_position_.at(candidate.precisions);
    json["losses"] = candidate.segment_losses;
  }
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
  hooks.loss = [&](const Precisions& precisions) { return loss_within(precisions, tolerance); };
  hooks.visited = [&](const Visit& visit) { take_down(visit, tolerance, "modules"); };
  before_ = 0;
  baseline();
  ToleranceResult result{
      tolerance, search_combinations(tolerance, settings_.iterations, hooks, settings_.attention), {}, {}};
  // The closest combination is reported with its true loss.
  if (!result.meets()) result.modules.best.loss = loss(result.modules.best.precisions);
  if (!result.meets()) return result;
  before_ = settings_.iterations;
  if (!settings_.schedule.empty()) result.schedule = search_for_schedule(result.modules.best, tolerance);
  if (!settings_.per_layer) return result;

  hooks.loss = [this](const Precisions& precisions) { return loss(precisions); };
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
