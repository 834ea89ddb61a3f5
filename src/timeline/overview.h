// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_TIMELINE_OVERVIEW_H
#define ANDA_SIM_TIMELINE_OVERVIEW_H

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace anda::sim {

/// Summarises a run of any length in a limited number of intervals, whose length doubles when the run outgrows them.
/// Every amount is spread evenly over its span in whole units, so the intervals always add up to it.
template <std::size_t series>
class Overview {
 public:
  using Amounts = std::array<std::uint64_t, series>;

  explicit Overview(std::size_t intervals) : limit_(std::max<std::size_t>(intervals, 2)) {}

  void add(std::size_t of, std::uint64_t from_ticks, std::uint64_t to_ticks, std::uint64_t amount) {
    const std::uint64_t last = to_ticks > from_ticks ? to_ticks - 1 : from_ticks;
    while (last / length_ >= limit_) halve();
    if (last / length_ >= intervals_.size()) intervals_.resize(static_cast<std::size_t>(last / length_) + 1);
    std::uint64_t given = 0;
    for (std::uint64_t i = from_ticks / length_; i <= last / length_; ++i) {
      const std::uint64_t end = std::min((i + 1) * length_, last + 1);
      const auto share = static_cast<double>(end - from_ticks) / static_cast<double>(last + 1 - from_ticks);
      const std::uint64_t until =
          end == last + 1 ? amount : std::min(amount, static_cast<std::uint64_t>(share * static_cast<double>(amount)));
      intervals_[static_cast<std::size_t>(i)][of] += until - given;
      given = until;
    }
  }

  std::uint64_t interval_ticks() const { return length_; }
  const std::vector<Amounts>& intervals() const { return intervals_; }

 private:
  void halve() {
    length_ *= 2;
    for (std::size_t i = 0; i < intervals_.size(); ++i) {
      if (i % 2 == 0) {
        intervals_[i / 2] = intervals_[i];
      } else {
        for (std::size_t of = 0; of < series; ++of) intervals_[i / 2][of] += intervals_[i][of];
      }
    }
    intervals_.resize((intervals_.size() + 1) / 2);
  }

  std::size_t limit_;
  std::uint64_t length_ = std::uint64_t{1} << 20;  // ticks: about a microsecond at the kernel's default resolution
  std::vector<Amounts> intervals_;
};

}  // namespace anda::sim

#endif
