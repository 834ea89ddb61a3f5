// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SEARCH_COMBINATION_SEARCH_H
#define ANDA_SIM_SEARCH_COMBINATION_SEARCH_H

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "config/precision_config.h"
#include "search/evaluator.h"

namespace anda::sim {

/// Mantissa lengths of the uniform combinations that a search starts from.
inline constexpr Range<std::uint32_t> start_mantissas{4, 13};
/// Number of iterations in the paper.
inline constexpr std::uint32_t default_iterations = 32;
/// Iterations per layer of a refinement: enough for more than two rounds.
inline constexpr std::uint32_t default_layer_iterations = 20;

/// A visited point: its cost (lower is better) and its loss of accuracy (as a share of the baseline).
struct Candidate {
  Precisions precisions;
  double cost = 0;
  double loss = 0;
  std::vector<double> segment_losses{};  ///< for a schedule search: losses of the tokens of each segment
};

/// One iteration.
struct Visit {
  std::uint32_t iteration = 0;  ///< from 1
  Candidate candidate;
  bool accepted = false;
};

struct SearchOutcome {
  bool meets = false;                ///< whether best is within the tolerance
  Candidate best;                    ///< the cheapest accepted; if none was accepted, the one with the smallest loss
  std::optional<Candidate> uniform;  ///< the cheapest uniform combination within the tolerance
  std::uint32_t iterations = 0;
};

/// Attention dimensions that a search covers in addition to the four tensor types: the maximum length of each; 0: not
/// searched.
using SearchedAttention = std::array<std::uint32_t, attention_dimensions.size()>;

/// Callbacks of a search.
struct SearchHooks {
  std::function<double(const Precisions&)> cost;
  std::function<double(const Precisions&)> loss;  ///< expensive: called once per iteration
  std::function<void(const Visit&)> visited;
};

/// Algorithm 1 of the paper (HPCA 2025). Starts from the uniform combinations. Each iteration takes the cheapest
/// combination not taken yet (on a tie, the one pushed first), accepts it if it is cheaper than the best and within
/// `tolerance`, and then pushes each of its four lengths less one, none below 1. Ends after `iterations`, or as soon as
/// nothing cheaper than the best is left. The cost and loss callbacks may throw. Searched lengths of the attention are
/// further dimensions of the same kind: in uniform combinations they equal the others, capped at their maximum; each
/// has its own neighbour with one bit less, after the four and in their order; K and V stay at 2 or above.
SearchOutcome search_combinations(double tolerance, std::uint32_t iterations, const SearchHooks& hooks,
                                  const SearchedAttention& attention = {});

/// Refines `start`, which meets `tolerance`, layer by layer, in rounds. A round removes one bit from every tensor type
/// of every layer, one at a time, and then adds one in the same way; each is an iteration. This gives every such bit a
/// price, the loss per unit of cost that it saves. The round then bisects the path from all lengths raised to all
/// lengths lowered, in ascending order of price (on a tie, the earlier layer and tensor type, and the upper bit of a
/// place before the lower), for the last point within `tolerance`. If nothing was accepted so far, it considers the
/// exchanges of two or three such bits that save cost and stay within `tolerance` by the sum of their prices, keeps
/// those that no other beats in both, and bisects them from the most expensive to the cheapest. Anything cheaper than
/// the best and within `tolerance` is accepted. Ends after `iterations` or with a round that accepts nothing. No length
/// rises above those that a search starts from; changes that would save nothing are skipped without an iteration.
/// Lengths of the attention are unchanged.
SearchOutcome refine_layers(const SearchOutcome& start, std::size_t layers, double tolerance, std::uint32_t iterations,
                            const SearchHooks& hooks);

}  // namespace anda::sim

#endif
