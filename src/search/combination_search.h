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

/// The uniform combinations that a search starts from.
inline constexpr Range<std::uint32_t> start_mantissas{4, 13};
/// Iterations of the paper.
inline constexpr std::uint32_t default_iterations = 32;
/// Iterations of a refinement for each layer: more than two rounds.
inline constexpr std::uint32_t default_layer_iterations = 20;

/// Something that was looked at: what it costs (fewer is better) and what accuracy it loses (a share of the baseline).
struct Candidate {
  Precisions precisions;
  double cost = 0;
  double loss = 0;
  std::vector<double> segment_losses{};  ///< of a search for a schedule: of the tokens of each segment
};

/// An iteration.
struct Visit {
  std::uint32_t iteration = 0;  ///< from 1
  Candidate candidate;
  bool accepted = false;
};

struct SearchOutcome {
  bool meets = false;                ///< whether best is within the tolerance
  Candidate best;                    ///< the cheapest accepted; where none was, the one that loses least
  std::optional<Candidate> uniform;  ///< the cheapest uniform combination within the tolerance
  std::uint32_t iterations = 0;
};

/// Which of attention_dimensions a search has beside the four tensor types: the longest length of each, 0 of others.
using SearchedAttention = std::array<std::uint32_t, attention_dimensions.size()>;

/// What a search asks and tells.
struct SearchHooks {
  std::function<double(const Precisions&)> cost;
  std::function<double(const Precisions&)> loss;  ///< expensive: asked once for each iteration
  std::function<void(const Visit&)> visited;
};

/// Algorithm 1 of the paper (HPCA 2025): starts from the uniform combinations; each iteration takes the cheapest
/// combination not taken yet, the one pushed first on a tie; accepts it if it is cheaper than the best and within
/// `tolerance`; then pushes each of its four lengths less one, none below 1. Ends after `iterations`, or as soon as
/// nothing is left that is cheaper than the best. Cost and loss of hooks may throw. Lengths of the attention that are
/// searched are more dimensions of the same kind: equal to the others in uniform combinations, or their longest, and
/// one less in neighbours of their own, after the four and in their order; K and V none below 2.
SearchOutcome search_combinations(double tolerance, std::uint32_t iterations, const SearchHooks& hooks,
                                  const SearchedAttention& attention = {});

/// Refines `start`, which meets `tolerance`, layer by layer, in rounds. A round takes one bit off every tensor type of
/// every layer, one at a time, and adds one likewise: an iteration each, which give every such bit a price, the loss
/// for each unit of cost that it saves. It then bisects the way from all of them raised to all of them lowered,
/// cheapest bits first (the earliest layer and tensor type on a tie, the upper bit of a place before the lower), for
/// the last point within `tolerance`. If nothing was accepted so far it bisects the exchanges of two or three such bits
/// that save cost and stay within `tolerance` by the sum of their prices, those that no other beats in both, from the
/// dearest to the cheapest. Whatever is cheaper than the best and within `tolerance` is accepted. Ends after
/// `iterations` or with a round that accepts nothing. No length rises above those that a search starts from; what would
/// save nothing is left as it is, without an iteration. Lengths of the attention stay as they are.
SearchOutcome refine_layers(const SearchOutcome& start, std::size_t layers, double tolerance, std::uint32_t iterations,
                            const SearchHooks& hooks);

}  // namespace anda::sim

#endif
