// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_STATISTICS_CHANGE_H
#define ANDA_DRAM_STATISTICS_CHANGE_H

#include <array>
#include <cstdint>

#include <anda/dram/statistics.h>

namespace anda::dram {

/// What a stretch of a channel's work adds to the statistics, independent of when it happens.
class StatisticsChange {
 public:
  StatisticsChange() = default;
  /// `of`: statistics of the stretch alone; times are stored relative to `base`.
  StatisticsChange(const Statistics& of, Cycle base);

  /// Adds the stretch, with its times relative to `base`.
  void add_to(Statistics& statistics, Cycle base) const;

  /// Appends a stretch that follows this one and has the same base.
  StatisticsChange& operator+=(const StatisticsChange& next);
  /// Accounts for `requests` more waiting requests in the queues and `cycles` more waiting time in total.
  void wait_beside(std::uint64_t requests, Cycle cycles);

  Cycle data_cycles() const { return data_cycles_; }

 private:
  static constexpr std::array<std::uint64_t Statistics::*, 13> sums{
      &Statistics::reads,        &Statistics::writes,         &Statistics::forwarded,   &Statistics::row_hits,
      &Statistics::row_misses,   &Statistics::row_conflicts,  &Statistics::activates,   &Statistics::precharges,
      &Statistics::refreshes,    &Statistics::bank_refreshes, &Statistics::turnarounds, &Statistics::data_cycles,
      &Statistics::queued_cycles};

  static constexpr std::size_t queued = sums.size() - 1;

  std::array<std::uint64_t, sums.size()> added_{};
  Cycle data_cycles_ = 0;
  std::uint64_t longest_queue_ = 0;
  Cycle last_data_ = 0;  // 0: the stretch moved no data
  LatencyHistogram::Part read_latency_;
};

}  // namespace anda::dram

#endif
