// SPDX-License-Identifier: Apache-2.0
// Bandwidth, latency and speed of the detailed memory under made-up traffic, as CSV. No test: scripts and people run
// it.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <memory>
#include <random>
#include <string>
#include <systemc>
#include <tlm_utils/simple_initiator_socket.h>
#include <vector>

#include <anda/base/process.h>
#include <anda/dram/detailed_memory.h>
#include <anda/dram/dram.h>

#include "config/load.h"

namespace {

constexpr const char* usage =
    "Usage: dram_bench [--set KEY=VALUE]... [--pattern NAME]... [--requests N] [--load PERCENT]\n"
    "\n"
    "Sends N requests of one burst to the detailed memory and prints a line of CSV for each pattern:\n"
    "pattern, load, requests, achieved and peak bytes/s, percent of peak, mean and 99 % read latency in ns, share of\n"
    "row hits, requests a second of CPU time.\n"
    "\n"
    "  --set       a key of the configuration, such as dram=ddr4 or dram.policy.page=closed\n"
    "  --pattern   read, write, random_read, random_write, mix (two reads, one write, sequential); all by default\n"
    "  --sockets   through the module's sockets and the four phases of TLM-2.0: sequential reads, speed only\n"
    "  --requests  a million by default\n"
    "  --load      arrivals, as a percentage of the peak; 0, the default: all at once\n";

struct Pattern {
  const char* name;
  bool random;
  int writes_of_three;
};
constexpr Pattern patterns[] = {
    {"read", false, 0}, {"write", false, 3}, {"random_read", true, 0}, {"random_write", true, 3}, {"mix", false, 1}};

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

void run(const anda::DramConfig& config, const Pattern& pattern, std::uint64_t requests, double load) {
  anda::dram::DetailedMemory memory(config);
  std::mt19937_64 random(1);
  const std::uint64_t bytes = config.burst_bytes();
  const std::uint64_t bursts = config.capacity_bytes / bytes;
  const double cycles_per_request = load > 0 ? config.burst_cycles() / (load / 100.0) / config.channels : 0;
  const double start = cpu_seconds();
  std::uint64_t position[2] = {0, bursts / 2};
  // The caller's list is bounded: what does not fit waits, as it would in a program that makes the requests.
  constexpr std::uint64_t batch = 1u << 16;
  for (std::uint64_t i = 0; i < requests; ++i) {
    const bool write = static_cast<int>(i % 3) < pattern.writes_of_three;
    const std::uint64_t burst = pattern.random ? random() % bursts : position[write ? 1 : 0]++ % bursts;
    memory.push(
        {burst * bytes, bytes, write, static_cast<anda::dram::Cycle>(static_cast<double>(i) * cycles_per_request), i});
    if (i % batch == batch - 1 && i + 1 < requests) {
      memory.run_until(
          static_cast<anda::dram::Cycle>(load > 0 ? static_cast<double>(i) * cycles_per_request
                                                  : static_cast<double>(i) * config.burst_cycles() / config.channels));
      memory.clear_completions();
    }
  }
  memory.drain();
  const double seconds = cpu_seconds() - start;
  const anda::dram::Statistics sum = memory.statistics();
  const double ns = 1e9 / config.clock_hz();
  const double achieved = static_cast<double>(requests * bytes) / (static_cast<double>(sum.last_data) * ns * 1e-9);
  std::printf("%s,%g,%llu,%.4g,%.4g,%.2f,%.1f,%.1f,%.3f,%.3g\n", pattern.name, load,
              static_cast<unsigned long long>(requests), achieved, config.peak_bytes_per_s(),
              achieved / config.peak_bytes_per_s() * 100, sum.read_latency.mean() * ns,
              static_cast<double>(sum.read_latency.quantile(0.99)) * ns,
              static_cast<double>(sum.row_hits) /
                  static_cast<double>(std::max<std::uint64_t>(1, sum.row_hits + sum.row_misses + sum.row_conflicts)),
              static_cast<double>(requests) / seconds);
}

/// Sends sequential reads through the four phases, each as soon as the one before is accepted.
class Initiator : public sc_core::sc_module, public tlm::tlm_mm_interface {
 public:
  tlm_utils::simple_initiator_socket<Initiator> socket{"socket"};

  Initiator(sc_core::sc_module_name name, const anda::DramConfig& config, std::uint64_t requests)
      : sc_module(name),
        bytes_(config.burst_bytes()),
        bursts_(config.capacity_bytes / bytes_),
        left_(requests),
        data_(bytes_) {
    ANDA_HAS_PROCESS(Initiator);
    SC_THREAD(run);
    socket.register_nb_transport_bw(this, &Initiator::nb_transport_bw);
  }

 private:
  void run() {
    for (std::uint64_t i = 0; left_ > 0; ++i, --left_) {
      if (free_.empty()) {
        payloads_.push_back(std::make_unique<tlm::tlm_generic_payload>(this));
        free_.push_back(payloads_.back().get());
      }
      tlm::tlm_generic_payload& payload = *free_.back();
      free_.pop_back();
      payload.acquire();
      payload.set_read();
      payload.set_address(i % bursts_ * bytes_);
      payload.set_data_ptr(data_.data());
      payload.set_data_length(static_cast<unsigned int>(bytes_));
      payload.set_streaming_width(static_cast<unsigned int>(bytes_));
      payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
      tlm::tlm_phase phase = tlm::BEGIN_REQ;
      sc_core::sc_time delay;
      if (socket->nb_transport_fw(payload, phase, delay) == tlm::TLM_ACCEPTED) wait(accepted_);
    }
  }
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time&) {
    if (phase == tlm::END_REQ) {
      accepted_.notify(sc_core::SC_ZERO_TIME);
      return tlm::TLM_ACCEPTED;
    }
    payload.release();
    phase = tlm::END_RESP;
    return tlm::TLM_UPDATED;
  }
  void free(tlm::tlm_generic_payload* payload) override { free_.push_back(payload); }

  std::uint64_t bytes_;
  std::uint64_t bursts_;
  std::uint64_t left_;
  std::vector<unsigned char> data_;
  sc_core::sc_event accepted_;
  std::vector<std::unique_ptr<tlm::tlm_generic_payload>> payloads_;
  std::vector<tlm::tlm_generic_payload*> free_;
};

void run_sockets(const anda::DramConfig& config, std::uint64_t requests) {
  Initiator initiator("initiator", config, requests);
  anda::Dram memory("dram", config);
  initiator.socket.bind(memory.socket);
  const double start = cpu_seconds();
  sc_core::sc_start();
  const double seconds = cpu_seconds() - start;
  const double achieved = static_cast<double>(requests * config.burst_bytes()) /
                          (static_cast<double>(memory.channels()->statistics().last_data) / config.clock_hz());
  std::printf("sockets,%llu,%.2f,%.3g\n", static_cast<unsigned long long>(requests),
              achieved / config.peak_bytes_per_s() * 100, static_cast<double>(requests) / seconds);
}

int bench(int argc, char** argv) {
  std::vector<std::string> sets{"dram.level=detailed"};
  std::vector<std::string> names;
  std::uint64_t requests = 1000000;
  double load = 0;
  bool sockets = false;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--sockets") {
      sockets = true;
      continue;
    }
    if (option == "--help" || i + 1 == argc) {
      std::fputs(usage, option == "--help" ? stdout : stderr);
      return option == "--help" ? 0 : 2;
    }
    const std::string value = argv[++i];
    if (option == "--set") {
      sets.insert(sets.end() - 1, value);
    } else if (option == "--pattern") {
      names.push_back(value);
    } else if (option == "--requests") {
      requests = std::strtoull(value.c_str(), nullptr, 10);
    } else if (option == "--load") {
      load = std::strtod(value.c_str(), nullptr);
    } else {
      std::fputs(usage, stderr);
      return 2;
    }
  }
  const anda::DramConfig config = anda::sim::default_run_config(sets).dram;
  if (sockets) {
    std::puts("pattern,requests,percent_of_peak,requests_per_cpu_s");
    run_sockets(config, requests);
    return 0;
  }
  std::puts(
      "pattern,load_percent,requests,achieved_bytes_per_s,peak_bytes_per_s,percent_of_peak,read_latency_ns,"
      "read_latency_99_ns,row_hit_share,requests_per_cpu_s");
  for (const Pattern& pattern : patterns) {
    bool wanted = names.empty();
    for (const std::string& name : names) wanted = wanted || name == pattern.name;
    if (wanted) run(config, pattern, requests, load);
  }
  return 0;
}

}  // namespace

int sc_main(int argc, char* argv[]) {
  try {
    return bench(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
