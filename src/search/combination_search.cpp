// SPDX-License-Identifier: Apache-2.0
#include "search/combination_search.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "search/lengths.h"

namespace anda::sim {
namespace {

/// Maximum number of upward steps and of downward steps that exchanges combine: all of them up to 16 layers, and few
/// enough to take no noticeable time beyond.
constexpr std::size_t most_exchanged = 64;

/// Records an iteration; returns whether it was accepted.
bool visit(SearchOutcome& outcome, const Candidate& candidate, double tolerance, const SearchHooks& hooks) {
  const bool cheaper = !outcome.meets || candidate.cost < outcome.best.cost;
  const bool accepted = cheaper && candidate.loss <= tolerance;
  const bool closest = outcome.iterations == 0 || candidate.loss < outcome.best.loss;
  if (accepted || (!outcome.meets && closest)) outcome.best = candidate;
  outcome.meets = outcome.meets || accepted;
  hooks.visited({++outcome.iterations, candidate, accepted});
  return accepted;
}

/// A round of refine_layers().
class Round {
 public:
  Round(SearchOutcome& outcome, double tolerance, std::uint32_t iterations, const SearchHooks& hooks)
      : outcome_(outcome), tolerance_(tolerance), iterations_(iterations), hooks_(hooks), base_(outcome.best) {}

  void run() {
    if (!measure()) return;
    descend();
    if (outcome_.best.cost == base_.cost) exchange();
  }

 private:
  using LayerLengths = std::vector<Combination>;

  /// One bit more or less in a tensor type of a layer: the changes of cost and loss, and the loss per unit of cost.
  struct Step {
    std::size_t layer = 0;
    std::size_t type = 0;
    double cost = 0;
    double loss = 0;
    double price = 0;
  };

  /// Steps taken together, with the sums of their changes.
  struct Exchange {
    std::vector<const Step*> raised;
    std::vector<const Step*> lowered;
    double cost = 0;
    double loss = 0;
  };

  Candidate with(const LayerLengths& layers) const {
    const Precisions precisions{base_.precisions.all, layers, base_.precisions.attention};
    return {precisions, hooks_.cost(precisions), 0};
  }

  bool look_at(Candidate& candidate) {
    candidate.loss = hooks_.loss(candidate.precisions);
    return visit(outcome_, candidate, tolerance_, hooks_);
  }

  /// Prices the bit below each place of the base that has one (or, with `above`, the bit that would be added).
  bool measure(bool above, std::vector<Step>& steps) {
    for (std::size_t layer = 0; layer < base_.precisions.layers.size(); ++layer) {
      for (std::size_t type = 0; type < tensor_types.size(); ++type) {
        LayerLengths layers = base_.precisions.layers;
        std::uint32_t& bits = layers[layer][type];
        if (bits == (above ? start_mantissas.max : mantissa_range.min)) continue;
        bits = above ? bits + 1 : bits - 1;
        Candidate candidate = with(layers);
        const double dearer = candidate.cost - base_.cost;
        if (above ? dearer <= 0 : dearer >= 0) continue;
        if (outcome_.iterations == iterations_) return false;
        look_at(candidate);
        const double loss = candidate.loss - base_.loss;
        steps.push_back({layer, type, dearer, loss, -loss / dearer});
      }
    }
    return true;
  }

  /// Prices every bit between one more and one less than the base; returns false if the iterations do not suffice.
  bool measure() {
    if (!measure(false, below_) || !measure(true, above_)) return false;
    // The upper bit of a place must be removed before the lower one.
    for (Step& step : below_) {
      for (const Step& upper : above_) {
        if (upper.layer == step.layer && upper.type == step.type) step.price = std::max(step.price, upper.price);
      }
    }
    return true;
  }

  /// Bisects the path from every place raised to every place lowered, in ascending order of price, for its last point
  /// within the tolerance.
  void descend() {
    LayerLengths layers = base_.precisions.layers;
    for (const Step& step : above_) ++layers[step.layer][step.type];
    std::vector<Step> steps = above_;
    steps.insert(steps.end(), below_.begin(), below_.end());
    std::stable_sort(steps.begin(), steps.end(), [](const Step& a, const Step& b) { return a.price < b.price; });
    std::vector<Candidate> way;
    for (const Step& step : steps) {
      --layers[step.layer][step.type];
      const Candidate candidate = with(layers);
      if (candidate.cost < outcome_.best.cost) way.push_back(candidate);
    }
    bisect(way);
  }

  /// Searches for the last of the candidates within the tolerance; each costs less than the one before.
  void bisect(std::vector<Candidate>& way) {
    std::size_t first = 0;
    for (std::size_t last = way.size(); first < last && outcome_.iterations < iterations_;) {
      const std::size_t middle = first + (last - first) / 2;
      if (look_at(way[middle])) {
        first = middle + 1;
      } else {
        last = middle;
      }
    }
  }

  /// The steps with the largest (or smallest) prices, earlier ones first on a tie, limited to what is worth combining.
  static std::vector<const Step*> choice(const std::vector<Step>& steps, bool largest) {
    std::vector<const Step*> chosen;
    chosen.reserve(steps.size());
    for (const Step& step : steps) chosen.push_back(&step);
    std::stable_sort(chosen.begin(), chosen.end(), [largest](const Step* a, const Step* b) {
      return largest ? a->price > b->price : a->price < b->price;
    });
    if (chosen.size() > most_exchanged) chosen.resize(most_exchanged);
    return chosen;
  }

  /// Adds an exchange if it saves cost and, by the sum of its steps, stays within the tolerance.
  void consider(std::vector<Exchange>& exchanges, std::vector<const Step*> raised,
                std::vector<const Step*> lowered) const {
    Exchange exchange{std::move(raised), std::move(lowered)};
    for (const Step* up : exchange.raised) {
      for (const Step* down : exchange.lowered) {
        if (up->layer == down->layer && up->type == down->type) return;
      }
      exchange.cost += up->cost;
      exchange.loss += up->loss;
    }
    for (const Step* down : exchange.lowered) {
      exchange.cost += down->cost;
      exchange.loss += down->loss;
    }
    if (exchange.cost < 0 && base_.loss + exchange.loss <= tolerance_) exchanges.push_back(std::move(exchange));
  }

  /// Bisects the exchanges of two or three steps that no other beats in both predicted cost and predicted loss.
  void exchange() {
    const std::vector<const Step*> raises = choice(above_, true);
    const std::vector<const Step*> lowers = choice(below_, false);
    std::vector<Exchange> exchanges;
    for (std::size_t i = 0; i < raises.size(); ++i) {
      for (std::size_t j = 0; j < lowers.size(); ++j) {
        consider(exchanges, {raises[i]}, {lowers[j]});
        for (std::size_t k = i + 1; k < raises.size(); ++k) consider(exchanges, {raises[i], raises[k]}, {lowers[j]});
        for (std::size_t k = j + 1; k < lowers.size(); ++k) consider(exchanges, {raises[i]}, {lowers[j], lowers[k]});
      }
    }
    std::stable_sort(exchanges.begin(), exchanges.end(), [](const Exchange& a, const Exchange& b) {
      return a.cost != b.cost ? a.cost < b.cost : a.loss < b.loss;
    });
    std::vector<Candidate> way;
    double least = std::numeric_limits<double>::infinity();
    for (const Exchange& exchange : exchanges) {
      if (exchange.loss >= least) continue;
      least = exchange.loss;
      LayerLengths layers = base_.precisions.layers;
      for (const Step* up : exchange.raised) ++layers[up->layer][up->type];
      for (const Step* down : exchange.lowered) --layers[down->layer][down->type];
      const Candidate candidate = with(layers);
      if (candidate.cost < base_.cost) way.push_back(candidate);
    }
    std::reverse(way.begin(), way.end());
    bisect(way);
  }

  SearchOutcome& outcome_;
  double tolerance_;
  std::uint32_t iterations_;
  const SearchHooks& hooks_;
  const Candidate base_;
  std::vector<Step> above_;
  std::vector<Step> below_;
};

}  // namespace

SearchOutcome search_combinations(double tolerance, std::uint32_t iterations, const SearchHooks& hooks,
                                  const SearchedAttention& attention) {
  SearchOutcome outcome;
  const auto precisions_of = [](const Lengths& lengths) {
    const SegmentLengths split = split_lengths(lengths);
    return Precisions{split.all, {}, split.attention};
  };
  Frontier<Lengths> frontier([&](const Lengths& lengths) { return hooks.cost(precisions_of(lengths)); });
  for (std::uint32_t bits = start_mantissas.min; bits <= start_mantissas.max; ++bits) {
    Lengths uniform{bits, bits, bits, bits};
    for (std::size_t i = 0; i < attention.size(); ++i) uniform[tensor_types.size() + i] = std::min(bits, attention[i]);
    frontier.push(uniform);
  }
  while (outcome.iterations < iterations && !frontier.empty()) {
    // Only accepted candidates add cheaper ones.
    const double cost = frontier.least_cost();
    if (outcome.meets && cost >= outcome.best.cost) break;
    const Lengths lengths = frontier.take();
    const Precisions precisions = precisions_of(lengths);
    const Candidate candidate{precisions, cost, hooks.loss(precisions)};
    if (!visit(outcome, candidate, tolerance, hooks)) continue;
    // The first accepted one is uniform, and the cheapest uniform one.
    if (!outcome.uniform) outcome.uniform = candidate;
    for (std::size_t place = 0; place < lengths.size(); ++place) {
      if (lengths[place] <= shortest_lengths[place]) continue;  // also skips 0: not searched
      Lengths relaxed = lengths;
      --relaxed[place];
      frontier.push(relaxed);
    }
  }
  return outcome;
}

SearchOutcome refine_layers(const SearchOutcome& start, std::size_t layers, double tolerance, std::uint32_t iterations,
                            const SearchHooks& hooks) {
  SearchOutcome outcome = start;
  outcome.iterations = 0;
  Precisions& best = outcome.best.precisions;
  if (best.layers.empty()) best.layers.assign(layers, best.all);
  for (double cost = 0; cost != outcome.best.cost && outcome.iterations < iterations;) {
    cost = outcome.best.cost;
    Round(outcome, tolerance, iterations, hooks).run();
  }
  return outcome;
}

}  // namespace anda::sim
