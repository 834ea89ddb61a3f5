// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_STATISTICS_H
#define ANDA_DRAM_STATISTICS_H

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include <anda/dram/command.h>

namespace anda::dram {

/// Histogram of latencies: exact below 16 cycles, then eight bins per doubling.
class LatencyHistogram {
 public:
  static constexpr std::size_t bin_count = 16 + 60 * 8;

  void add(Cycle cycles) {
    ++bins_[bin_of(cycles)];
    ++count_;
    sum_ += cycles;
    longest_ = std::max(longest_, cycles);
  }

  /// Part of a histogram, without empty bins.
  struct Part {
    std::vector<std::pair<std::uint16_t, std::uint32_t>> bins;  ///< bin number, latencies in it
    std::uint64_t count = 0;
    std::uint64_t sum = 0;
    Cycle longest = 0;
  };
  Part all() const {
    Part part{{}, count_, sum_, longest_};
    for (std::size_t bin = 0; bin < bin_count && count_ > 0; ++bin) {
      if (bins_[bin] > 0) part.bins.emplace_back(bin, bins_[bin]);
    }
    return part;
  }
  void add(const Part& part) {
    for (const auto& [bin, latencies] : part.bins) bins_[bin] += latencies;
    count_ += part.count;
    sum_ += part.sum;
    longest_ = std::max(longest_, part.longest);
  }

  std::uint64_t count() const { return count_; }
  Cycle longest() const { return longest_; }
  double mean() const { return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_); }

  std::uint64_t in_bin(std::size_t bin) const { return bins_[bin]; }
  /// The smallest latency of a bin.
  static Cycle start_of(std::size_t bin) { return bin < 16 ? bin : (Cycle{8} + bin % 8) << (bin / 8 - 1); }
  /// Start of the bin that contains a quantile, 0 … 1.
  Cycle quantile(double share) const {
    std::uint64_t below = 0;
    for (std::size_t bin = 0; bin < bin_count; ++bin) {
      below += bins_[bin];
      if (below > 0 && static_cast<double>(below) >= share * static_cast<double>(count_)) return start_of(bin);
    }
    return 0;
  }

 private:
  static std::size_t bin_of(Cycle cycles) {
    std::uint32_t shift = 0;
    for (Cycle rest = cycles; rest >= 16; rest >>= 1) ++shift;
    return static_cast<std::size_t>(shift) * 8 + static_cast<std::size_t>(cycles >> shift);
  }

  std::array<std::uint64_t, bin_count> bins_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  Cycle longest_ = 0;
};

/// Combined statistics of a memory's channels, updated with every command. Counts are bursts unless the name says
/// otherwise.
struct Statistics {
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t forwarded = 0;  ///< reads answered by a waiting write
  std::uint64_t row_hits = 0;
  std::uint64_t row_misses = 0;     ///< the bank had no row open
  std::uint64_t row_conflicts = 0;  ///< another row had to be closed first
  std::uint64_t activates = 0;      ///< activation commands
  std::uint64_t precharges = 0;     ///< banks closed by an explicit precharge
  std::uint64_t refreshes = 0;      ///< all-bank refresh commands
  std::uint64_t bank_refreshes = 0;
  std::uint64_t turnarounds = 0;    ///< changes between reading and writing
  std::uint64_t data_cycles = 0;    ///< cycles in which the data bus was busy
  std::uint64_t queued_cycles = 0;  ///< sum of the requests' waiting times in the queues
  std::uint64_t longest_queue = 0;  ///< maximum number of requests in both queues of a channel together
  Cycle last_data = 0;              ///< end of the last burst
  LatencyHistogram read_latency;    ///< from arrival to last data, without the controller's pipeline
};

}  // namespace anda::dram

#endif
