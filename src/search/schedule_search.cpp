// SPDX-License-Identifier: Apache-2.0
#include "search/schedule_search.h"

#include <algorithm>

#include "search/lengths.h"

namespace anda::sim {
namespace {

/// Lengths by segment.
using Schedule = std::vector<Lengths>;

/// Merges segments with the same lengths as the one before into it.
Precisions precisions_of(const Schedule& schedule, const std::vector<std::uint32_t>& positions) {
  const SegmentLengths first = split_lengths(schedule.front());
  Precisions precisions{first.all, {}, first.attention};
  for (std::size_t i = 1; i < schedule.size(); ++i) {
    if (schedule[i] != schedule[i - 1]) precisions.schedule[positions[i - 1]] = split_lengths(schedule[i]);
  }
  return precisions;
}

bool is_within(const ScheduleLoss& loss, const ScheduleLoss& start, double tolerance) {
  if (loss.all > tolerance) return false;
  for (std::size_t i = 0; i < loss.segments.size(); ++i) {
    if (loss.segments[i] > std::max(tolerance, start.segments[i])) return false;
  }
  return true;
}

}  // namespace

SearchOutcome search_schedule(const Candidate& start, const std::vector<std::uint32_t>& positions, double tolerance,
                              std::uint32_t iterations, const ScheduleHooks& hooks) {
  Frontier<Schedule> frontier([&](const Schedule& schedule) { return hooks.cost(precisions_of(schedule, positions)); });
  frontier.push(Schedule(positions.size() + 1, joined_lengths(start.precisions.all, start.precisions.attention)));
  SearchOutcome outcome;
  ScheduleLoss constant;
  while (outcome.iterations < iterations && !frontier.empty()) {
    const double cost = frontier.least_cost();
    if (outcome.meets && cost >= outcome.best.cost) break;
    const Schedule schedule = frontier.take();
    const Precisions precisions = precisions_of(schedule, positions);
    const ScheduleLoss loss = hooks.loss(precisions);
    if (!outcome.meets) constant = loss;
    const Candidate candidate{precisions, cost, loss.all, loss.segments};
    const bool accepted = !outcome.meets || is_within(loss, constant, tolerance);
    hooks.visited({++outcome.iterations, candidate, accepted});
    if (!accepted) continue;
    outcome.best = candidate;
    outcome.meets = true;
    for (std::size_t segment = 0; segment < schedule.size(); ++segment) {
      for (std::size_t place = 0; place < shortest_lengths.size(); ++place) {
        if (schedule[segment][place] <= shortest_lengths[place]) continue;  // also skips 0: not searched
        Schedule relaxed = schedule;
        --relaxed[segment][place];
        frontier.push(relaxed);
      }
    }
  }
  return outcome;
}

}  // namespace anda::sim
