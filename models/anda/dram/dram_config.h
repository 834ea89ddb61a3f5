// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_DRAM_CONFIG_H
#define ANDA_DRAM_DRAM_CONFIG_H

#include <cstdint>
#include <utility>

#include <anda/base/describe.h>

namespace anda {

/// The external memory. The defaults are one HBM2 stack of 256 GB/s.
struct DramConfig {
  std::uint64_t capacity_bytes = std::uint64_t{8} << 30;
  std::uint32_t channels = 16;
  std::uint32_t channel_bits = 64;
  std::uint32_t burst_length = 4;
  double data_rate_bit_per_s = 2.0e9;
  double latency_ns = 38;
  double refresh_cycle_ns = 260;
  double refresh_interval_ns = 3900;
  bool store_data = false;

  /// Bytes of one burst of one channel, the smallest amount that moves.
  std::uint32_t burst_bytes() const { return channel_bits / 8 * burst_length; }
  /// Bytes a second of all channels, before refresh.
  double peak_bytes_per_s() const { return channels * (channel_bits / 8.0) * data_rate_bit_per_s; }
  /// Share of time in which the banks are not being refreshed.
  double available() const { return 1.0 - refresh_cycle_ns / refresh_interval_ns; }

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.number("capacity_bytes", self.capacity_bytes, Range<std::uint64_t>{1u << 20, std::uint64_t{1} << 48},
                 "size of the memory");
    visit.number("channels", self.channels, Range<std::uint32_t>{1, 1024},
                 "independent (pseudo-)channels, interleaved by the burst");
    visit.number("channel_bits", self.channel_bits, Range<std::uint32_t>{8, 1024},
                 "data pins of a channel; a power of two");
    visit.number("burst_length", self.burst_length, Range<std::uint32_t>{1, 64},
                 "data beats of a burst; a power of two");
    visit.number("data_rate_bit_per_s", self.data_rate_bit_per_s, Range<double>{1e6, 1e12}, "bits a second on one pin");
    visit.number("latency_ns", self.latency_ns, Range<double>{0, 1e6},
                 "from a read request to its first data on an idle memory: row activation, column access, controller");
    visit.number("refresh_cycle_ns", self.refresh_cycle_ns, Range<double>{0, 1e6},
                 "tRFC: time that one all-bank refresh takes");
    visit.number("refresh_interval_ns", self.refresh_interval_ns, Range<double>{1, 1e9},
                 "tREFI: time from one refresh to the next");
    visit.flag("store_data", self.store_data,
               "keep what is written; without it only sizes move, and a read leaves the initiator's data as it was");
  }

  void check(const std::string& path, Problems& problems) const {
    for (const auto& [key, value] :
         {std::pair{"channel_bits", channel_bits}, std::pair{"burst_length", burst_length}}) {
      if ((value & (value - 1)) != 0) {
        problems.push_back({join_key(path, key), "is " + number_text(value) + ", must be a power of two"});
      }
    }
    if (refresh_cycle_ns >= refresh_interval_ns) {
      problems.push_back({join_key(path, "refresh_cycle_ns"),
                          "is " + number_text(refresh_cycle_ns) +
                              ", must be below refresh_interval_ns = " + number_text(refresh_interval_ns)});
    }
  }
};

}  // namespace anda

#endif
