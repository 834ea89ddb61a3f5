// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DMA_DMA_H
#define ANDA_DMA_DMA_H

#include <cstdint>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <vector>

#include <anda/base/clock.h>
#include <anda/dma/dma_config.h>
#include <anda/energy/counters.h>

namespace anda {

/// The DMA engine: one in-order queue of transfers between external memory and the buffers, several transactions of
/// which may be under way. Instants are cycles since begin(), the start of an operation.
class Dma : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Dma> memory;

  Dma(sc_core::sc_module_name name, const DmaConfig& config, const Clock& clock);

  /// Starts the clock of an operation now; to be called from its thread.
  void begin();

  /// Ends an operation: lets simulated time catch up with a cycle of it, or, if it was stopped, with the arrival of the
  /// last transaction.
  void finish(std::uint64_t cycle);

  /// Ends the operation that is under way, from any process: no further transaction is issued, those that were come to
  /// their end.
  void abort();

  /// Moves bytes no earlier than a cycle; returns the cycle at which the last of them has arrived. Called from a
  /// thread, with cycles that do not go back; waits where it has run ahead by the global quantum. `data`: where the
  /// bytes go to or come from; without it only their number matters. Moves nothing once the operation is stopped.
  std::uint64_t read(std::uint64_t address, std::uint64_t bytes, std::uint64_t earliest,
                     unsigned char* data = nullptr) {
    return transfer(tlm::TLM_READ_COMMAND, address, bytes, earliest, data);
  }
  std::uint64_t write(std::uint64_t address, std::uint64_t bytes, std::uint64_t earliest,
                      unsigned char* data = nullptr) {
    return transfer(tlm::TLM_WRITE_COMMAND, address, bytes, earliest, data);
  }

  /// The cycle at which the last transfer arrived: from then on the engine has nothing to do.
  std::uint64_t idle_from() const { return idle_from_; }

  /// Whether memory refused a transaction since begin(), and where.
  bool failed() const { return failed_; }
  /// The operation goes no further: it failed or was aborted.
  bool stopped() const { return failed_ || aborted_; }
  std::uint64_t failed_address() const { return failed_address_; }

  const Counters& counters() const { return counters_; }

 private:
  void wait_until(std::uint64_t cycle);
  void start_quantum();
  std::uint64_t transfer(tlm::tlm_command command, std::uint64_t address, std::uint64_t bytes, std::uint64_t earliest,
                         unsigned char* data);

  DmaConfig config_;
  const Clock& clock_;
  tlm::tlm_generic_payload payload_;
  std::vector<unsigned char> data_;    // stands in for bytes that do not matter
  std::vector<std::uint64_t> window_;  // arrival of the last requests_in_flight transactions
  std::size_t slot_ = 0;
  std::uint64_t epoch_ticks_ = 0;      // simulated time at begin()
  std::uint64_t run_ahead_ticks_ = 0;  // simulated time up to which the global quantum lets this process run ahead
  std::uint64_t issued_ = 0;
  std::uint64_t idle_from_ = 0;
  bool failed_ = false;
  bool aborted_ = false;
  sc_core::sc_event aborting_;
  std::uint64_t failed_address_ = 0;

  std::uint64_t read_bytes_ = 0;
  std::uint64_t write_bytes_ = 0;
  std::uint64_t transactions_ = 0;
  Counters counters_;
};

}  // namespace anda

#endif
