// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DMA_DMA_H
#define ANDA_DMA_DMA_H

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <vector>

#include <anda/base/activity.h>
#include <anda/base/clock.h>
#include <anda/dma/burst_initiator.h>
#include <anda/dma/dma_config.h>
#include <anda/dma/watchdog.h>
#include <anda/energy/counters.h>

namespace anda {

/// The DMA engine: one in-order queue of transfers between external memory and the buffers, several transactions of
/// which may be under way. Instants are cycles since begin(), the start of an operation.
///
/// A transfer is asked for by read() or write(). With protocol b_transport it has moved its data and knows its end when
/// the call returns, ahead of simulated time; with `at` it goes on by itself, written bytes are copied by the call, and
/// await() waits for the end. Transfers end in their order.
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

  /// Asks for bytes no earlier than a cycle. `arrival`, if given, is set to the cycle at which the last of them is
  /// there, when that is known. Called from a thread, with cycles that do not go back; waits where it has run ahead by
  /// the global quantum. `data`: where the bytes go to or come from; without it only their number matters. Moves
  /// nothing once the operation is stopped.
  void read(Operand operand, std::uint64_t address, std::uint64_t bytes, std::uint64_t earliest, std::uint64_t* arrival,
            unsigned char* data) {
    transfer({operand, tlm::TLM_READ_COMMAND, address, bytes, earliest, arrival, data});
  }
  void write(Operand operand, std::uint64_t address, std::uint64_t bytes, std::uint64_t earliest, unsigned char* data) {
    transfer({operand, tlm::TLM_WRITE_COMMAND, address, bytes, earliest, nullptr, data});
  }

  /// Sets `cycle`, when it is known, to the end of all that was asked for before.
  void note_idle(std::uint64_t& cycle) {
    if (bursts_) {
      ask({Operand::activations, tlm::TLM_IGNORE_COMMAND, 0, 0, 0, &cycle, nullptr});
    } else {
      cycle = idle_from_;
    }
  }

  /// How many transfers have been asked for, and waiting until so many have ended.
  std::uint64_t asked() const { return asked_; }
  void await(std::uint64_t transfers) {
    while (ended_ < transfers) sc_core::wait(one_ended_);
  }

  /// Whether a transfer, or a read, asked for before a cycle is under way then.
  bool active(std::uint64_t cycle) const { return ended_ < asked_ || cycle < idle_from_; }
  bool loading(std::uint64_t cycle) const { return ended_ < last_read_ || cycle < loads_until_; }

  /// The cycle at which the last transfer that has ended arrived.
  std::uint64_t idle_from() const { return idle_from_; }

  /// Whether memory refused a transaction since begin(), and where. Nothing is sent after that.
  bool failed() const { return failed_; }
  /// The operation goes no further: it failed or was aborted.
  bool stopped() const { return failed_ || aborted_; }
  std::uint64_t failed_address() const { return failed_address_; }

  const Counters& counters() const { return counters_; }

  /// Shows an observer the transfers as they end; none by default.
  void observe(ActivityObserver* observer) { observer_ = observer; }

 private:
  void wait_until(std::uint64_t cycle);
  void start_quantum();
  std::uint64_t owes_since() const;
  std::string owed() const;
  struct Transfer {
    Operand operand;
    tlm::tlm_command command;
    std::uint64_t address;
    std::uint64_t bytes;
    std::uint64_t earliest;
    std::uint64_t* arrival;
    unsigned char* data;
  };

  void transfer(const Transfer& transfer);
  void move(const Transfer& transfer);
  void arrive(const Transfer& transfer, std::uint64_t free);
  void ask(const Transfer& transfer);
  void end(std::uint64_t ticks);
  std::uint64_t& bytes_of(tlm::tlm_command command) {
    return command == tlm::TLM_READ_COMMAND ? read_bytes_ : write_bytes_;
  }
  void refuse(std::uint64_t address);
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) {
    return bursts_->nb_transport_bw(payload, phase, delay);
  }

  DmaConfig config_;
  const Clock& clock_;
  ActivityObserver* observer_ = nullptr;
  tlm::tlm_generic_payload payload_;
  std::vector<unsigned char> data_;    // stands in for bytes that do not matter
  std::vector<std::uint64_t> window_;  // arrival of the last requests_in_flight transactions
  std::size_t slot_ = 0;
  sc_core::sc_time epoch_;      // simulated time at begin()
  sc_core::sc_time run_ahead_;  // simulated time up to which the global quantum lets this process run ahead
  std::uint64_t issued_ = 0;
  std::uint64_t idle_from_ = 0;
  std::uint64_t loads_until_ = 0;  // arrival of the last read that has ended
  bool failed_ = false;
  bool aborted_ = false;
  sc_core::sc_event aborting_;
  std::uint64_t failed_address_ = 0;
  std::uint64_t called_at_ = Watchdog::owes_nothing;  // the b_transport that is under way
  Watchdog watchdog_;

  // Protocol at.
  std::unique_ptr<BurstInitiator> bursts_;  // none with protocol b_transport
  std::deque<Transfer> under_way_;
  std::uint64_t asked_ = 0;
  std::uint64_t ended_ = 0;
  std::uint64_t last_read_ = 0;  // the last read asked for, counted like asked_
  sc_core::sc_event one_ended_;

  std::uint64_t read_bytes_ = 0;
  std::uint64_t write_bytes_ = 0;
  std::uint64_t transactions_ = 0;
  Counters counters_;
};

}  // namespace anda

#endif
