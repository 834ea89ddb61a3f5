// SPDX-License-Identifier: Apache-2.0
#include "serving/server.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace anda::sim {
namespace {

constexpr std::uint64_t launches_between_looks = 64;
constexpr double never = std::numeric_limits<double>::infinity();

}  // namespace

Server::Server(const ServeConfig& config, const Partition& partition, Machine& machine, Links& links,
               ServerObserver& observer)
    : config_(config),
      partition_(partition),
      machine_(machine),
      links_(links),
      observer_(observer),
      free_at_(partition.stages.size(), 0) {
  for (std::uint32_t i = 0; i < config.system.parallel.expert; ++i) {
    schedulers_.emplace_back(config.serving, partition.blocks);
  }
  for (const Stage& stage : partition.stages) stages_.emplace_back(config, partition, stage, machine, links);
}

void Server::run_until(double time_s, const std::function<void()>& look) {
  for (;;) {
    if (now_ < time_s && launch()) {
      if (++launched_ % launches_between_looks == 0) look();
      continue;
    }
    const double next = next_event();
    if (next > time_s || next == never) break;
    advance(next);
    retire();
    if (now_ >= time_s) break;
  }
  if (time_s != never) advance(std::max(now_, time_s));
}

void Server::drain(const std::function<void()>& look) { run_until(never, look); }

/// Starts an iteration if the first stage is free and something can run.
bool Server::launch() {
  if (free_at_.front() > now_ || flights_.size() == stages_.size()) return false;
  std::vector<Iteration> groups;
  std::uint64_t tokens = 0;
  std::uint64_t swapped = 0;
  for (Scheduler& scheduler : schedulers_) {
    const Iteration& iteration = groups.emplace_back(scheduler.form(now_));
    std::uint64_t own = 0;
    for (const Share& share : iteration.shares) own += share.tokens;
    tokens = std::max(tokens, own);
    swapped = std::max(swapped, iteration.swapped_tokens);
  }
  if (tokens == 0) return false;
  machine_.idle_until(now_);
  IterationRecord record{groups, now_, now_, {}, state()};
  const std::uint64_t handed_over = tokens * partition_.model.hidden_size * 2;
  double ready = now_ + swap_s(swapped);
  for (std::size_t i = 0; i < stages_.size(); ++i) {
    if (i > 0) {
      const PassCost& way = links_.hand_over(handed_over);
      ready += way.seconds;
      record.cost += way;
    }
    const PassCost cost = stages_[i].of(groups);
    ready = std::max(ready, free_at_[i]) + cost.seconds;
    free_at_[i] = ready;
    record.cost += cost;
  }
  record.end_s = ready;
  observer_.iteration(record);
  flights_.push_back({std::move(groups), ready});
  return true;
}

ServerState Server::state() const {
  ServerState state{now_, now_, 0, 0, 0};
  for (const Scheduler& scheduler : schedulers_) {
    state.running += scheduler.running();
    state.waiting += scheduler.waiting();
    state.blocks += scheduler.blocks().used();
  }
  return state;
}

void Server::advance(double time_s) {
  ServerState held = state();
  held.to_s = time_s;
  if (time_s > now_) observer_.state(held);
  now_ = time_s;
}

double Server::next_event() const {
  double next = never;
  if (!flights_.empty()) next = flights_.front().end_s;
  // The first stage becomes free before its iteration leaves the last one.
  if (free_at_.front() > now_ && flights_.size() < stages_.size()) next = std::min(next, free_at_.front());
  return next;
}

void Server::retire() {
  while (!flights_.empty() && flights_.front().end_s <= now_) {
    const Flight flight = std::move(flights_.front());
    flights_.pop_front();
    for (std::size_t i = 0; i < schedulers_.size(); ++i) {
      for (const auto& sequence : schedulers_[i].finish(flight.groups[i], flight.end_s)) observer_.request(*sequence);
    }
  }
}

/// Time to swap tokens; each accelerator moves its own part in parallel.
double Server::swap_s(std::uint64_t tokens) const {
  const double bytes =
      static_cast<double>(tokens) * static_cast<double>(partition_.block_bytes) / config_.serving.cache.block_tokens;
  return bytes / config_.serving.cache.swap_bytes_per_s;
}

double Server::rounding_s() const {
  double sum = 0;
  for (const PassTimes& stage : stages_) sum += stage.rounding_s();
  return sum;
}

}  // namespace anda::sim
