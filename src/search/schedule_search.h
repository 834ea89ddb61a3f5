// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SEARCH_SCHEDULE_SEARCH_H
#define ANDA_SIM_SEARCH_SCHEDULE_SEARCH_H

#include <cstdint>
#include <functional>
#include <vector>

#include "search/combination_search.h"
#include "search/evaluator.h"

namespace anda::sim {

/// Of the whole text, and of the tokens of each segment of positions.
struct ScheduleLoss {
  double all = 0;
  std::vector<double> segments;
};

/// What the search asks and tells.
struct ScheduleHooks {
  std::function<double(const Precisions&)> cost;
  std::function<ScheduleLoss(const Precisions&)> loss;  ///< expensive: asked once for each iteration
  std::function<void(const Visit&)> visited;
};

/// Goes on from `start`, one choice for all positions: `positions`, ascending, cut a sequence into segments, and each
/// segment's lengths become dimensions of their own. The first iteration takes `start`. Each further one takes the
/// cheapest schedule not taken yet, the one pushed first on a tie, and accepts it if it is cheaper than the best and
/// within the tolerance: the whole text loses no more than that, and no segment more than the tolerance or, if that is
/// more, than it loses with `start`. An accepted schedule pushes those with one bit less of one length of one segment,
/// segment after segment. Ends after `iterations`, or as soon as nothing is left that is cheaper than the best. The
/// best is never dearer than `start`.
SearchOutcome search_schedule(const Candidate& start, const std::vector<std::uint32_t>& positions, double tolerance,
                              std::uint32_t iterations, const ScheduleHooks& hooks);

}  // namespace anda::sim

#endif
