// SPDX-License-Identifier: Apache-2.0
// The HBM2 model without the accelerator, driven by a custom traffic generator. Measures bandwidth and latency of
// streaming and random bursts, with one outstanding request and with many.
#include <anda/base/access.h>
#include <anda/dram/dram.h>
#include <tlm_utils/simple_initiator_socket.h>

#include <cstdint>
#include <cstdio>
#include <random>
#include <vector>

namespace {

enum class Pattern { stream, random };

/// Reads blocks in parallel threads, each with one outstanding request.
class Generator : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Generator> memory;

  Generator(sc_core::sc_module_name name, std::uint64_t capacity)
      : sc_module(name), memory("memory"), blocks_(capacity / block_bytes), data_(block_bytes) {}

  static constexpr std::uint64_t block_bytes = 64;

  struct Result {
    double bytes_per_s;
    double latency_ns;  // mean, from request to last byte
  };

  Result run(Pattern pattern, int in_flight, std::uint64_t requests) {
    const sc_core::sc_time start = sc_core::sc_time_stamp();
    next_ = 0;
    requests_ = requests;
    latency_ = sc_core::SC_ZERO_TIME;
    for (int i = 0; i < in_flight; ++i) sc_core::sc_spawn([this, pattern] { requester(pattern); });
    sc_core::sc_start();
    const double seconds = (last_ - start).to_seconds();
    const auto count = static_cast<double>(requests);
    return {count * block_bytes / seconds, latency_.to_seconds() / count * 1e9};
  }

 private:
  void requester(Pattern pattern) {
    while (next_ < requests_) {
      const std::uint64_t block = pattern == Pattern::stream ? next_ : random_() % blocks_;
      ++next_;
      sc_core::sc_time delay;
      anda::access(memory, tlm::TLM_READ_COMMAND, block * block_bytes, data_.data(), block_bytes, delay);
      latency_ += delay;
      sc_core::wait(delay);  // the response is due then; the memory itself never waits
      last_ = sc_core::sc_time_stamp();
    }
  }

  std::uint64_t blocks_;
  std::vector<unsigned char> data_;
  std::mt19937_64 random_{1};
  std::uint64_t next_ = 0;
  std::uint64_t requests_ = 0;
  sc_core::sc_time latency_;
  sc_core::sc_time last_;
};

}  // namespace

int sc_main(int, char**) {
  anda::DramConfig config;  // one stack of HBM2
  config.level = anda::DramLevel::detailed;
  anda::Dram dram("dram", config);
  Generator generator("generator", config.capacity_bytes);
  generator.memory.bind(dram.socket);

  const double peak = config.peak_bytes_per_s();
  std::printf("HBM2, peak %.1f GB/s, reads of %d bytes\n\n%-8s %9s %14s %8s %12s\n", peak / 1e9,
              static_cast<int>(Generator::block_bytes), "pattern", "in flight", "bandwidth", "of peak", "latency");
  bool plausible = true;
  for (const Pattern pattern : {Pattern::random, Pattern::stream}) {
    for (const int in_flight : {1, 16, 256}) {
      const Generator::Result result = generator.run(pattern, in_flight, 20000);
      std::printf("%-8s %9d %9.2f GB/s %6.1f %% %9.1f ns\n", pattern == Pattern::stream ? "stream" : "random",
                  in_flight, result.bytes_per_s / 1e9, 100 * result.bytes_per_s / peak, result.latency_ns);
      // Little's law: outstanding requests = bandwidth × latency.
      const double under_way = result.bytes_per_s * result.latency_ns * 1e-9 / Generator::block_bytes;
      plausible =
          plausible && result.bytes_per_s < peak && under_way > 0.95 * in_flight && under_way < 1.05 * in_flight;
    }
  }
  return plausible ? 0 : 1;
}
