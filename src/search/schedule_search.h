// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SEARCH_SCHEDULE_SEARCH_H
#define ANDA_SIM_SEARCH_SCHEDULE_SEARCH_H

#include <cstdint>
#include <functional>
#include <vector>

#include "search/combination_search.h"
#include "search/evaluator.h"

namespace anda::sim {

/// Loss of the whole text, and of the tokens of each segment of positions.
struct ScheduleLoss {
  double all = 0;
  std::vector<double> segments;
};

/// Callbacks of the search.
struct ScheduleHooks {
  std::function<double(const Precisions&)> cost;
  std::function<ScheduleLoss(const Precisions&)> loss;  ///< expensive: called once per iteration
  std::function<void(const Visit&)> visited;
};

/// Continues from `start`, which has one choice for all positions. The ascending `positions` divide a sequence into
/// segments, and the lengths of each segment become separate dimensions. The first iteration takes `start`. Each
/// further one takes the cheapest schedule not taken yet (on a tie, the one pushed first) and accepts it if it is
/// cheaper than the best and within the tolerance: the whole text must lose no more than the tolerance, and no segment
/// more than the tolerance or its loss with `start`, whichever is larger. An accepted schedule pushes those with one
/// bit less in one length of one segment, segment by segment. Ends after `iterations`, or as soon as nothing cheaper
/// than the best is left. The best never costs more than `start`.
SearchOutcome search_schedule(const Candidate& start, const std::vector<std::uint32_t>& positions, double tolerance,
                              std::uint32_t iterations, const ScheduleHooks& hooks);

}  // namespace anda::sim

#endif
