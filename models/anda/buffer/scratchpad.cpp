// SPDX-License-Identifier: Apache-2.0
#include <anda/buffer/scratchpad.h>

#include <algorithm>
#include <cstring>

namespace anda {

namespace {

void copy(const tlm::tlm_generic_payload& payload, unsigned char* here, std::uint64_t offset, std::uint64_t bytes) {
  unsigned char* const data = payload.get_data_ptr() + offset;
  if (payload.is_read()) {
    std::memcpy(data, here + offset, bytes);
  } else {
    std::memcpy(here + offset, data, bytes);
  }
}

}  // namespace

void Scratchpad::move(tlm::tlm_generic_payload& payload) {
  unsigned char* const here = at(payload.get_address());
  for_each_enabled(payload, [&](std::uint64_t offset, std::uint64_t bytes) { copy(payload, here, offset, bytes); });
}

unsigned int Scratchpad::debug(tlm::tlm_generic_payload& payload) {
  const unsigned int bytes = debug_bytes(payload, {capacity_, 1, true});
  if (bytes > 0) copy(payload, at(payload.get_address()), 0, bytes);
  return bytes;
}

/// The first segment that ends behind an address.
std::size_t Scratchpad::find(std::uint64_t address) const {
  const auto fits = [&](std::size_t i) {
    return (i == segments_.size() || segments_[i].end > address) && (i == 0 || segments_[i - 1].end <= address);
  };
  for (std::size_t i = hint_; i < hint_ + 2 && i <= segments_.size(); ++i) {
    if (fits(i)) return hint_ = i;
  }
  const auto at = std::partition_point(segments_.begin(), segments_.end(),
                                       [&](const Segment& segment) { return segment.end <= address; });
  return hint_ = static_cast<std::size_t>(at - segments_.begin());
}

void Scratchpad::arrive(std::uint64_t address, std::uint64_t bytes, std::uint64_t cycle) {
  const std::uint64_t end = address + bytes;
  const std::size_t first = find(address);
  if (first < segments_.size() && segments_[first].begin == address && segments_[first].end == end) {
    segments_[first].cycle = cycle;  // what mostly happens: a panel takes the place of one of the same size
    return;
  }
  std::size_t last = first;
  while (last < segments_.size() && segments_[last].begin < end) ++last;
  std::vector<Segment> kept;
  if (first < last) {
    const Segment before = segments_[first];
    const Segment after = segments_[last - 1];
    if (before.begin < address) kept.push_back({before.begin, address, before.cycle});
    kept.push_back({address, end, cycle});
    if (after.end > end) kept.push_back({end, after.end, after.cycle});
    segments_.erase(segments_.begin() + static_cast<std::ptrdiff_t>(first),
                    segments_.begin() + static_cast<std::ptrdiff_t>(last));
  } else {
    kept.push_back({address, end, cycle});
  }
  segments_.insert(segments_.begin() + static_cast<std::ptrdiff_t>(first), kept.begin(), kept.end());
}

std::uint64_t Scratchpad::arrived(std::uint64_t address, std::uint64_t bytes) const {
  std::uint64_t cycle = 0;
  for (std::size_t i = find(address); i < segments_.size() && segments_[i].begin < address + bytes; ++i) {
    cycle = std::max(cycle, segments_[i].cycle);
  }
  return cycle;
}

}  // namespace anda
