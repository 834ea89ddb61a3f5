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

/// Index of the first segment that ends after an address.
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

void Scratchpad::arrive(std::uint64_t address, std::uint64_t bytes, std::uint64_t cycle, const Repeats& pieces) {
  if (pieces.times == 1 || pieces.stride == bytes) {
    place({address, address + pieces.times * bytes, address, bytes, cycle, pieces.period});
    return;
  }
  for (std::uint64_t i = pieces.stride == 0 ? pieces.times - 1 : 0; i < pieces.times; ++i) {
    const std::uint64_t begin = address + i * pieces.stride;
    place({begin, begin + bytes, begin, bytes, cycle + i * pieces.period, 0});
  }
}

void Scratchpad::place(const Segment& segment) {
  const std::size_t first = find(segment.begin);
  if (first < segments_.size() && segments_[first].begin == segment.begin && segments_[first].end == segment.end) {
    segments_[first] = segment;  // the common case: a panel replaces one of the same size
    return;
  }
  std::size_t last = first;
  while (last < segments_.size() && segments_[last].begin < segment.end) ++last;
  std::vector<Segment> kept;
  if (first < last) {
    Segment before = segments_[first];
    Segment after = segments_[last - 1];
    if (before.begin < segment.begin) {
      before.end = segment.begin;
      kept.push_back(before);
    }
    kept.push_back(segment);
    if (after.end > segment.end) {
      after.begin = segment.end;
      kept.push_back(after);
    }
    segments_.erase(segments_.begin() + static_cast<std::ptrdiff_t>(first),
                    segments_.begin() + static_cast<std::ptrdiff_t>(last));
  } else {
    kept.push_back(segment);
  }
  segments_.insert(segments_.begin() + static_cast<std::ptrdiff_t>(first), kept.begin(), kept.end());
}

std::uint64_t Scratchpad::arrived(std::uint64_t address, std::uint64_t bytes) const {
  std::uint64_t cycle = 0;
  const std::uint64_t end = address + bytes;
  for (std::size_t i = find(address); i < segments_.size() && segments_[i].begin < end; ++i) {
    cycle = std::max(cycle, segments_[i].arrived_to(end));
  }
  return cycle;
}

}  // namespace anda
