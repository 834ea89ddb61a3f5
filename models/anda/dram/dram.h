// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DRAM_DRAM_H
#define ANDA_DRAM_DRAM_H

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <systemc>
#include <tlm>
#include <tlm_utils/peq_with_cb_and_phase.h>
#include <vector>

#include <anda/base/clock.h>
#include <anda/dram/detailed_memory.h>
#include <anda/dram/dram_config.h>
#include <anda/dram/request_trace.h>
#include <anda/dram/sparse_memory.h>
#include <anda/energy/counters.h>
#include <anda/tlm/target_access.h>

namespace anda {

namespace dram {

/// Data that crosses a memory's pins without a gap.
struct DataRecord {
  std::uint32_t channel = 0;  ///< always 0 at level fast, where all channels form one data path
  bool write = false;
  std::uint64_t bursts = 0;
  std::uint64_t from_ticks = 0;  ///< simulated time in kernel ticks
  std::uint64_t to_ticks = 0;
};

/// Receives the data records; those of one channel in time order.
using DataObserver = std::function<void(const DataRecord&)>;

}  // namespace dram

/// External memory behind a TLM-2.0 socket: b_transport, the four phases of the base protocol, transport_dbg, and DMI
/// if the configuration allows it. docs/tlm.md defines which transactions the socket accepts and how it responds. A
/// streaming transaction moves the bursts below its streaming width once.
///
/// Level fast: a transaction moves whole bursts. The channels, interleaved burst by burst, act as one data path with
/// the bandwidth left by refresh. The first data of a read arrives one latency after the request; earlier transactions
/// proceed during that latency. Transactions are served in call order.
///
/// Level detailed: each burst is served by the controller of its channel (DetailedMemory), transactions overlap as
/// their arrivals allow, and a write is complete when its last burst is in a queue. A transaction arrives at the time
/// of the call plus its delay; one that arrives earlier than its predecessors is queued behind them.
class Dram : public sc_core::sc_module, private tlm::tlm_fw_transport_if<> {
 public:
  tlm::tlm_target_socket<> socket;

  /// Throws Error (input) if the configuration violates a rule.
  Dram(sc_core::sc_module_name name, const DramConfig& config);

  const DramConfig& config() const { return config_; }
  const Counters& counters() const { return counters_; }

  /// Shows all data movement to an observer. Call it before the first request. It replaces an observer of the channels'
  /// commands.
  void observe(dram::DataObserver observer);

  /// The channels, for statistics and command observers; nullptr at level fast.
  dram::DetailedMemory* channels() { return channels_.get(); }
  const dram::DetailedMemory* channels() const { return channels_.get(); }

  /// Whether later requests are served as if the memory had served nothing before; always false at level detailed,
  /// where open rows and refresh carry over.
  bool rests() const;

  /// Closes the configured request trace, if any; call it after the simulation. Throws Error (run) if the trace could
  /// not be written completely.
  void finish_request_trace();

  /// Allows or forbids DMI from now on, overriding the configuration; forbidding it invalidates all granted regions.
  void allow_dmi(bool allowed);

  /// Clears all contents, which then read as 0. Invalidates granted DMI regions, which may be requested again.
  void clear();

 private:
  using Payload = tlm::tlm_generic_payload;

  /// A response to a non-blocking transaction and the time it is due.
  struct Answer {
    std::uint64_t ticks;
    std::uint64_t order;
    Payload* payload;
    bool operator<(const Answer& other) const {
      return ticks != other.ticks ? ticks > other.ticks : order > other.order;
    }
  };

  void b_transport(Payload& payload, sc_core::sc_time& delay) override;
  tlm::tlm_sync_enum nb_transport_fw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) override;
  unsigned int transport_dbg(Payload& payload) override;
  bool get_direct_mem_ptr(Payload& payload, tlm::tlm_dmi& dmi) override;
  void take_dmi_back();
  void move_data(Payload& payload);

  /// Completes a legal transaction: moves its data and sets its response.
  void complete(Payload& payload) {
    if (config_.store_data) move_data(payload);
    if (dmi_) payload.set_dmi_allowed(true);
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }

  /// Counts a legal transaction and the time of its arrival.
  void take(const Payload& payload, std::uint64_t bursts, std::uint64_t arrival);
  std::uint64_t serve_fast(const Payload& payload, std::uint64_t bursts, std::uint64_t arrival);
  /// The time from which the channels are free, in whole ticks.
  std::uint64_t free_at() const { return free_at_ticks_ + (free_at_part_ >> (part_bits - 1)); }
  std::uint64_t serve_detailed(const Payload& payload, std::uint64_t arrival);
  std::uint64_t bursts_of(const Payload& payload) const;

  // Phases of non-blocking transactions: begun, accepted (END_REQ), answered (BEGIN_RESP), ended (END_RESP).
  void on_phase(Payload& payload, const tlm::tlm_phase& phase);
  bool begin(Payload& payload);
  void accept(Payload& payload);
  void end();
  void run();
  void accept_waiting();
  void answer();
  void wake_at(std::uint64_t ticks);

  static constexpr std::uint32_t part_bits = 32;

  DramConfig config_;
  TargetAccess access_;
  bool dmi_;
  std::uint32_t burst_shift_;  // a burst is 2^burst_shift_ bytes
  std::uint64_t burst_ticks_;  // a burst's share of the time of all channels, in whole ticks
  std::uint64_t burst_part_;   // and its fraction of a tick, in 2^-part_bits ticks
  std::uint64_t latency_ticks_;
  std::uint64_t free_at_ticks_ = 0;  // from which the channels are free, and its fraction of a tick
  std::uint64_t free_at_part_ = 0;
  SparseMemory contents_;

  Clock clock_;                         // command clock
  std::uint64_t controller_ticks_ = 0;  // controller's part of the latency: all but row and column access
  std::unique_ptr<dram::DetailedMemory> channels_;
  std::unique_ptr<dram::RequestTrace> request_trace_;
  dram::DataObserver observer_;

  tlm_utils::peq_with_cb_and_phase<Dram> phases_;  // phases annotated with a delay
  sc_core::sc_event wake_;
  std::priority_queue<Answer> answers_;
  std::uint64_t next_order_ = 0;
  std::deque<Payload*> unaccepted_;
  std::uint32_t accepted_ = 0;
  Payload* answering_ = nullptr;  // between BEGIN_RESP and END_RESP
  std::vector<Payload*> in_channels_;
  std::vector<std::uint32_t> free_slots_;

  std::uint64_t read_bytes_ = 0;
  std::uint64_t write_bytes_ = 0;
  std::uint64_t read_bursts_ = 0;
  std::uint64_t write_bursts_ = 0;
  Counters counters_;
};

}  // namespace anda

#endif
