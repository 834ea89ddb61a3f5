// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_LOCAL_MEMORY_LOCAL_MEMORY_H
#define ANDA_LOCAL_MEMORY_LOCAL_MEMORY_H

#include <cstdint>
#include <systemc>
#include <tlm>

#include <anda/base/clock.h>
#include <anda/dram/sparse_memory.h>
#include <anda/energy/counters.h>
#include <anda/local_memory/local_memory_config.h>

namespace anda {

/// An SRAM between the DMA and external memory, at addresses from ANDA_LOCAL_MEMORY on: what the DMA stores there it
/// loads again without external memory. One port: a transaction takes its
/// bits / `bits_per_cycle` after those before it. All others go on to external memory as they are, in no time.
class LocalMemory : public sc_core::sc_module, private tlm::tlm_fw_transport_if<>, private tlm::tlm_bw_transport_if<> {
 public:
  tlm::tlm_target_socket<> dma;
  tlm::tlm_initiator_socket<> memory;

  LocalMemory(sc_core::sc_module_name name, const LocalMemoryConfig& config, const Clock& clock);

  const Counters& counters() const { return counters_; }

 private:
  /// Moves the data of a transaction; the answer is in its response status.
  void serve(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned int move(tlm::tlm_generic_payload& payload);

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;
  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  unsigned int transport_dbg(tlm::tlm_generic_payload& payload) override;
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) override;
  void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end) override;

  LocalMemoryConfig config_;
  const Clock& clock_;
  SparseMemory contents_;
  std::uint64_t free_ = 0;  // instant from which on the port is, in ticks
  std::uint64_t read_bytes_ = 0;
  std::uint64_t write_bytes_ = 0;
  Counters counters_;
};

}  // namespace anda

#endif
