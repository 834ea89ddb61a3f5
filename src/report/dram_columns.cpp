// SPDX-License-Identifier: Apache-2.0
#include "report/dram_columns.h"

namespace anda::sim {
namespace {

template <int percent>
double read_latency(const dram::Statistics& statistics, double ns_per_cycle) {
  return static_cast<double>(statistics.read_latency.quantile(percent / 100.0)) * ns_per_cycle;
}

}  // namespace

const std::vector<DramColumn>& dram_columns() {
  using dram::Statistics;
  static const std::vector<DramColumn> columns{
      {"read_bursts", "bursts", "Reads served by the channels, including forwarded ones.",
       [](const Statistics& s, double) { return static_cast<double>(s.reads); }},
      {"turnarounds", "changes", "Changes between reading and writing, summed over channels.",
       [](const Statistics& s, double) { return static_cast<double>(s.turnarounds); }},
      {"longest_queue", "bursts", "Maximum number of bursts in the queues of one channel.",
       [](const Statistics& s, double) { return static_cast<double>(s.longest_queue); }},
      {"read_latency_mean_ns", "ns",
       "Mean time from a read's arrival to its last data, without the controller's pipeline.",
       [](const Statistics& s, double ns) { return s.read_latency.mean() * ns; }},
      {"read_latency_50_ns", "ns", "Start of the bin below which half of these times lie.", read_latency<50>},
      {"read_latency_99_ns", "ns", "The same for 99 %.", read_latency<99>},
      {"read_latency_longest_ns", "ns", "The longest of these times.",
       [](const Statistics& s, double ns) { return static_cast<double>(s.read_latency.longest()) * ns; }},
  };
  return columns;
}

}  // namespace anda::sim
