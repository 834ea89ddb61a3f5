// SPDX-License-Identifier: Apache-2.0
#include <anda/dram/detailed_memory.h>

#include <algorithm>
#include <utility>

namespace anda::dram {

namespace {

/// Marks the tokens of segments that nobody waits for after serve() has returned.
constexpr std::uint64_t served = std::uint64_t{1} << 63;

const DramConfig& checked(const DramConfig& config) {
  validate(config, "dram");
  return config;
}

}  // namespace

DetailedMemory::DetailedMemory(const DramConfig& config)
    : config_(checked(config)), rules_(std::make_unique<const ChannelRules>(config)) {
  for (std::uint32_t i = 0; i < config.channels; ++i) controllers_.emplace_back(*rules_, ChannelIndex{i}, counts_);
  scratch_.emplace_back(*rules_, ChannelIndex{0}, scratch_counts_);
}

/// Calls fn(channel, first, count) with each channel's own range of the request's bursts.
template <class Fn>
void DetailedMemory::for_each_share(const MemoryRequest& request, Fn&& fn) {
  const std::uint64_t first = request.address / config_.burst_bytes();
  const std::uint64_t last = (request.address + request.bytes - 1) / config_.burst_bytes();
  if (first == last) {
    const ChannelIndex channel = rules_->map.channel(first);
    fn(raw(channel), rules_->map.below(channel, first), 1);
    return;
  }
  for (std::uint32_t i = 0; i < config_.channels; ++i) {
    const std::uint64_t begin = rules_->map.below(ChannelIndex{i}, first);
    const std::uint64_t end = rules_->map.below(ChannelIndex{i}, last + 1);
    if (end > begin) fn(i, begin, end - begin);
  }
}

void DetailedMemory::push(const MemoryRequest& request) {
  if (free_pending_.empty()) {
    free_pending_.push_back(static_cast<std::uint32_t>(pending_.size()));
    pending_.emplace_back();
  }
  const std::uint32_t slot = free_pending_.back();
  free_pending_.pop_back();
  pending_[slot] = {request.token, 0, 0};
  for_each_share(request, [&](std::uint32_t channel, std::uint64_t first, std::uint64_t count) {
    ++pending_[slot].channels;
    controllers_[channel].push({first, count, request.arrival, request.write, slot});
  });
}

void DetailedMemory::collect(ChannelController& controller) {
  for (const Finished& one : controller.finished()) {
    if ((one.token & served) != 0) continue;
    Pending& pending = pending_[one.token];
    pending.done = std::max(pending.done, one.cycle);
    if (--pending.channels > 0) continue;
    completions_.push_back({pending.token, pending.done});
    free_pending_.push_back(static_cast<std::uint32_t>(one.token));
  }
  controller.clear_finished();
}

void DetailedMemory::run_until(Cycle limit) {
  for (ChannelController& controller : controllers_) {
    controller.run_until(limit);
    collect(controller);
  }
}

void DetailedMemory::drain() {
  for (ChannelController& controller : controllers_) {
    controller.drain();
    collect(controller);
  }
}

bool DetailedMemory::idle() const {
  return std::all_of(controllers_.begin(), controllers_.end(),
                     [](const ChannelController& controller) { return controller.idle(); });
}

Cycle DetailedMemory::serve(const MemoryRequest& request) {
  Cycle done = 0;
  const std::uint64_t token = served | served_++;
  for_each_share(request, [&](std::uint32_t channel, std::uint64_t first, std::uint64_t count) {
    ChannelController& controller = controllers_[channel];
    controller.run_until(request.arrival);
    collect(controller);
    controller.push({first, count, request.arrival, request.write, token});
    // The original only goes as far as later requests cannot change; a copy finds the end.
    controller.run_until_taken_in();
    if (request.write) {
      done = std::max(done, controller.run_until_finished(token));
    } else {
      scratch_.front().imitate(controller);
      done = std::max(done, scratch_.front().run_until_finished(token));
    }
    collect(controller);
  });
  return done;
}

Statistics DetailedMemory::statistics() const {
  Statistics sum;
  for (const ChannelController& controller : controllers_) sum.add(controller.statistics());
  return sum;
}

void DetailedMemory::observe(CommandObserver observer) {
  observer_ = std::move(observer);
  for (ChannelController& controller : controllers_) controller.observe(observer_ ? &observer_ : nullptr);
}

}  // namespace anda::dram
