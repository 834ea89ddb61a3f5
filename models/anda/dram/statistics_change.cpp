// SPDX-License-Identifier: Apache-2.0
#include <anda/dram/statistics_change.h>

#include <algorithm>

namespace anda::dram {

StatisticsChange::StatisticsChange(const Statistics& of, Cycle base)
    : data_cycles_(of.data_cycles),
      longest_queue_(of.longest_queue),
      last_data_(of.last_data > base ? of.last_data - base : 0),
      read_latency_(of.read_latency.all()) {
  for (std::size_t i = 0; i < sums.size(); ++i) added_[i] = of.*sums[i];
}

StatisticsChange& StatisticsChange::operator+=(const StatisticsChange& next) {
  for (std::size_t i = 0; i < sums.size(); ++i) added_[i] += next.added_[i];
  data_cycles_ += next.data_cycles_;
  longest_queue_ = std::max(longest_queue_, next.longest_queue_);
  last_data_ = std::max(last_data_, next.last_data_);
  const LatencyHistogram::Part& more = next.read_latency_;
  read_latency_.bins.insert(read_latency_.bins.end(), more.bins.begin(), more.bins.end());
  read_latency_.count += more.count;
  read_latency_.sum += more.sum;
  read_latency_.longest = std::max(read_latency_.longest, more.longest);
  return *this;
}

void StatisticsChange::wait_beside(std::uint64_t requests, Cycle cycles) {
  longest_queue_ += requests;
  added_[queued] += cycles;
}

void StatisticsChange::add_to(Statistics& statistics, Cycle base) const {
  for (std::size_t i = 0; i < sums.size(); ++i) statistics.*sums[i] += added_[i];
  statistics.longest_queue = std::max(statistics.longest_queue, longest_queue_);
  if (last_data_ > 0) statistics.last_data = std::max(statistics.last_data, base + last_data_);
  statistics.read_latency.add(read_latency_);
}

}  // namespace anda::dram
