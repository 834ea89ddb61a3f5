// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_DRAM_H
#define ANDA_DRAM_DRAM_H

#include <cstdint>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>

#include <anda/dram/dram_config.h>
#include <anda/dram/sparse_memory.h>
#include <anda/energy/counters.h>

namespace anda {

/// External memory, loosely timed. A transaction moves whole bursts; the channels, between which bursts alternate, act
/// as one data path of the bandwidth that refresh leaves; a read's first data comes a latency after its request, under
/// which earlier transactions go on. Transactions are served in the order of their calls.
class Dram : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<Dram> socket;

  /// Throws Error (input) if the configuration breaks a rule.
  Dram(sc_core::sc_module_name name, const DramConfig& config);

  const DramConfig& config() const { return config_; }
  const Counters& counters() const { return counters_; }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload);
  tlm::tlm_response_status refusal(const tlm::tlm_generic_payload& payload) const;
  void move_data(tlm::tlm_generic_payload& payload);

  DramConfig config_;
  std::uint32_t burst_shift_;  // a burst is 2^burst_shift_ bytes
  double burst_ticks_;         // a burst's share of the time of all channels
  std::uint64_t latency_ticks_;
  std::uint64_t free_at_ticks_ = 0;
  SparseMemory contents_;

  std::uint64_t read_bytes_ = 0;
  std::uint64_t write_bytes_ = 0;
  std::uint64_t read_bursts_ = 0;
  std::uint64_t write_bursts_ = 0;
  Counters counters_;
};

}  // namespace anda

#endif
