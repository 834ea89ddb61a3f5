// SPDX-License-Identifier: Apache-2.0
#include "search/combination_search.h"

#include <set>
#include <tuple>
#include <vector>

namespace anda::sim {
namespace {

/// The combinations to visit: cheapest first, then in the order in which they were pushed, each once.
class Frontier {
 public:
  explicit Frontier(const std::function<double(const Precisions&)>& cost) : cost_(cost) {}

  void push(const Combination& combination) {
    if (!known_.insert(combination).second) return;
    waiting_.emplace(cost_(Precisions{combination, {}}), known_.size(), combination);
  }

  bool empty() const { return waiting_.empty(); }
  double least_cost() const { return std::get<0>(*waiting_.begin()); }
  Combination take() {
    const Combination combination = std::get<2>(*waiting_.begin());
    waiting_.erase(waiting_.begin());
    return combination;
  }

 private:
  const std::function<double(const Precisions&)>& cost_;
  std::set<Combination> known_;
  std::set<std::tuple<double, std::size_t, Combination>> waiting_;
};

/// Takes note of an iteration; returns whether it was accepted.
bool visit(SearchOutcome& outcome, const Candidate& candidate, double tolerance, const SearchHooks& hooks) {
  const bool cheaper = !outcome.meets || candidate.cost < outcome.best.cost;
  const bool accepted = cheaper && candidate.loss <= tolerance;
  const bool closest = outcome.iterations == 0 || candidate.loss < outcome.best.loss;
  if (accepted || (!outcome.meets && closest)) outcome.best = candidate;
  outcome.meets = outcome.meets || accepted;
  hooks.visited({++outcome.iterations, candidate, accepted});
  return accepted;
}

}  // namespace

SearchOutcome search_combinations(double tolerance, std::uint32_t iterations, const SearchHooks& hooks) {
  SearchOutcome outcome;
  Frontier frontier(hooks.cost);
  for (std::uint32_t bits = start_mantissas.min; bits <= start_mantissas.max; ++bits) {
    frontier.push({bits, bits, bits, bits});
  }
  while (outcome.iterations < iterations && !frontier.empty()) {
    // Only what is accepted adds cheaper ones.
    const double cost = frontier.least_cost();
    if (outcome.meets && cost >= outcome.best.cost) break;
    const Combination combination = frontier.take();
    const Precisions precisions{combination, {}};
    const Candidate candidate{precisions, cost, hooks.loss(precisions)};
    if (!visit(outcome, candidate, tolerance, hooks)) continue;
    // The first that is accepted is uniform, and the cheapest of its kind.
    if (!outcome.uniform) outcome.uniform = candidate;
    for (std::size_t type = 0; type < combination.size(); ++type) {
      if (combination[type] <= mantissa_range.min) continue;
      Combination relaxed = combination;
      --relaxed[type];
      frontier.push(relaxed);
    }
  }
  return outcome;
}

SearchOutcome refine_layers(const SearchOutcome& start, std::size_t layers, double tolerance, std::uint32_t iterations,
                            const SearchHooks& hooks) {
  enum class State { open, tried, closed };
  SearchOutcome outcome = start;
  outcome.iterations = 0;
  Precisions& best = outcome.best.precisions;
  if (best.layers.empty()) best.layers.assign(layers, best.all);
  std::vector<std::array<State, tensor_types.size()>> places(layers);

  while (outcome.iterations < iterations) {
    Candidate next;
    State* place = nullptr;
    bool any_tried = false;
    for (std::size_t layer = 0; layer < layers; ++layer) {
      for (std::size_t type = 0; type < tensor_types.size(); ++type) {
        State& state = places[layer][type];
        any_tried = any_tried || state == State::tried;
        if (state != State::open) continue;
        Precisions relaxed = best;
        std::uint32_t& bits = relaxed.layers[layer][type];
        if (bits > mantissa_range.min) {
          --bits;
          const double cost = hooks.cost(relaxed);
          if (cost < outcome.best.cost) {
            if (place == nullptr || cost < next.cost) {
              next = {std::move(relaxed), cost, 0};
              place = &state;
            }
            continue;
          }
        }
        state = State::closed;
      }
    }
    if (place == nullptr) {
      if (!any_tried) break;
      for (auto& layer : places) {
        for (State& state : layer) {
          if (state == State::tried) state = State::open;
        }
      }
      continue;
    }
    next.loss = hooks.loss(next.precisions);
    *place = visit(outcome, next, tolerance, hooks) ? State::tried : State::closed;
  }
  return outcome;
}

}  // namespace anda::sim
