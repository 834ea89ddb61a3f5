// SPDX-License-Identifier: Apache-2.0
#include <anda/dram/detailed_memory.h>

#include <algorithm>
#include <utility>

namespace anda::dram {

namespace {

/// Marks the tokens of segments whose completion serve() has returned already.
constexpr std::uint64_t served = std::uint64_t{1} << 63;

const DramConfig& checked(const DramConfig& config) {
  validate(config, "dram");
  return config;
}

}  // namespace

DetailedMemory::DetailedMemory(const DramConfig& config)
    : config_(checked(config)), rules_(std::make_unique<const ChannelRules>(config)) {
  for (std::uint32_t i = 0; i < config.channels; ++i) {
    channels_.push_back(make_channel(*rules_, ChannelIndex{i}, statistics_));
  }
  scratch_ = make_channel(*rules_, ChannelIndex{0}, scratch_statistics_);
  if (!config.fast_forward || !KnownTransfers::possible(*rules_)) return;
  known_ = std::make_unique<KnownTransfers>(*rules_);
  for (std::uint32_t i = 0; i < config.channels; ++i) {
    resting_.emplace_back(*channels_[i], ChannelIndex{i}, statistics_, *known_);
  }
}

/// Calls fn(channel, first, count) with each channel's local range of the request's bursts.
template <class Fn>
void DetailedMemory::for_each_share(const MemoryRequest& request, Fn&& fn) {
  const std::uint64_t first = request.address / config_.burst_bytes();
  const std::uint64_t last = (request.address + request.bytes - 1) / config_.burst_bytes();
  if (first == last) {
    const ChannelIndex channel = rules_->map.channel(first);
    fn(raw(channel), rules_->map.below(channel, first), 1);
    return;
  }
  rules_->map.for_each_share(first, last + 1, fn);
}

void DetailedMemory::push(const MemoryRequest& request) {
  if (free_pending_.empty()) {
    free_pending_.push_back(static_cast<std::uint32_t>(pending_.size()));
    pending_.emplace_back();
  }
  wake();
  const std::uint32_t slot = free_pending_.back();
  free_pending_.pop_back();
  pending_[slot] = {request.token, 0, 0};
  for_each_share(request, [&](std::uint32_t channel, std::uint64_t first, std::uint64_t count) {
    ++pending_[slot].channels;
    channels_[channel]->push({first, count, request.arrival, request.write, slot});
  });
}

void DetailedMemory::collect(Channel& channel) {
  for (const Finished& one : channel.finished()) {
    if ((one.token & served) != 0) continue;
    Pending& pending = pending_[one.token];
    pending.done = std::max(pending.done, one.cycle);
    if (--pending.channels > 0) continue;
    completions_.push_back({pending.token, pending.done});
    free_pending_.push_back(static_cast<std::uint32_t>(one.token));
  }
  channel.clear_finished();
}

void DetailedMemory::run_until(Cycle limit) {
  wake();
  for (const auto& channel : channels_) {
    channel->run_until(limit);
    collect(*channel);
  }
}

void DetailedMemory::drain() {
  wake();
  for (const auto& channel : channels_) {
    channel->drain();
    collect(*channel);
  }
}

bool DetailedMemory::idle() const {
  // Sleeping channels have not advanced beyond the arrival of the last request.
  return !asleep_ &&
         std::all_of(channels_.begin(), channels_.end(), [](const auto& channel) { return channel->idle(); });
}

Cycle DetailedMemory::serve(const MemoryRequest& request) {
  Cycle done = 0;
  const std::uint64_t token = served | served_++;
  for_each_share(request, [&](std::uint32_t index, std::uint64_t first, std::uint64_t count) {
    done = std::max(done, serve({first, count, request.arrival, request.write, token}, index));
  });
  return done;
}

/// Serves one channel's share of a request.
Cycle DetailedMemory::serve(const Segment& segment, std::uint32_t index) {
  RestingChannel* const resting = resting_.empty() ? nullptr : &resting_[index];
  if (resting != nullptr && resting->asleep()) {
    if (const std::optional<Cycle> done = resting->serve(segment)) return *done;
  }
  Channel& channel = *channels_[index];
  channel.run_until(segment.arrival);
  collect(channel);
  if (resting != nullptr && resting->fall_asleep(segment)) {
    asleep_ = true;
    return *resting->serve(segment);
  }
  channel.push(segment);
  // The original advances only where later requests cannot affect it; a copy finds the completion.
  channel.run_until_taken_in();
  Cycle done = 0;
  if (segment.write) {
    done = channel.run_until_finished(segment.token);
  } else {
    scratch_->imitate(channel);
    done = scratch_->run_until_finished(segment.token);
  }
  collect(channel);
  return done;
}

/// Wakes all channels for operations that sleeping ones do not support.
void DetailedMemory::wake() {
  if (!asleep_) return;
  for (RestingChannel& channel : resting_) channel.wake();
  asleep_ = false;
}

void DetailedMemory::observe(CommandObserver observer) {
  // An observer sees every command, so every command is simulated.
  wake();
  resting_.clear();
  observer_ = std::move(observer);
  for (const auto& channel : channels_) channel->observe(observer_ ? &observer_ : nullptr);
}

}  // namespace anda::dram
