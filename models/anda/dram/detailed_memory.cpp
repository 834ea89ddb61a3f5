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
  for (std::uint32_t i = 0; i < config.channels; ++i) {
    channels_.push_back(make_channel(*rules_, ChannelIndex{i}, statistics_));
  }
  scratch_ = make_channel(*rules_, ChannelIndex{0}, scratch_statistics_);
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
  for (const auto& channel : channels_) {
    channel->run_until(limit);
    collect(*channel);
  }
}

void DetailedMemory::drain() {
  for (const auto& channel : channels_) {
    channel->drain();
    collect(*channel);
  }
}

bool DetailedMemory::idle() const {
  return std::all_of(channels_.begin(), channels_.end(), [](const auto& channel) { return channel->idle(); });
}

Cycle DetailedMemory::serve(const MemoryRequest& request) {
  Cycle done = 0;
  const std::uint64_t token = served | served_++;
  for_each_share(request, [&](std::uint32_t index, std::uint64_t first, std::uint64_t count) {
    Channel& channel = *channels_[index];
    channel.run_until(request.arrival);
    collect(channel);
    channel.push({first, count, request.arrival, request.write, token});
    // The original only goes as far as later requests cannot change; a copy finds the end.
    channel.run_until_taken_in();
    if (request.write) {
      done = std::max(done, channel.run_until_finished(token));
    } else {
      scratch_->imitate(channel);
      done = std::max(done, scratch_->run_until_finished(token));
    }
    collect(channel);
  });
  return done;
}

void DetailedMemory::observe(CommandObserver observer) {
  observer_ = std::move(observer);
  for (const auto& channel : channels_) channel->observe(observer_ ? &observer_ : nullptr);
}

}  // namespace anda::dram
