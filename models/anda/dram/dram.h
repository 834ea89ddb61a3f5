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

/// Data that crosses a memory's pins without a break.
struct DataRecord {
  std::uint32_t channel = 0;  ///< at level fast always 0: all channels are one data path
  bool write = false;
  std::uint64_t bursts = 0;
  std::uint64_t from_ticks = 0;  ///< simulated time in ticks of the kernel
  std::uint64_t to_ticks = 0;
};

/// Sees the data; that of a channel in the order of time.
using DataObserver = std::function<void(const DataRecord&)>;

}  // namespace dram

/// External memory behind a TLM-2.0 socket: b_transport, the four phases of the base protocol, transport_dbg, and
/// direct access where its configuration allows it. docs/tlm.md says what the socket takes and how it answers. A
/// streaming burst moves the bursts below its streaming width once.
///
/// At level fast, a transaction moves whole bursts; the channels, between which bursts alternate, act as one data path
/// of the bandwidth that refresh leaves; a read's first data comes a latency after its request, under which earlier
/// transactions go on. Transactions are served in the order of their calls.
///
/// At level detailed, each burst is served by the controller of its channel (DetailedMemory), transactions overlap as
/// their arrivals allow, and a write is complete when its last burst is in a queue. A transaction's arrival is the time
/// of the call plus its delay; one that comes with an earlier arrival than those before joins behind them.
class Dram : public sc_core::sc_module, private tlm::tlm_fw_transport_if<> {
 public:
  tlm::tlm_target_socket<> socket;

  /// Throws Error (input) if the configuration breaks a rule.
  Dram(sc_core::sc_module_name name, const DramConfig& config);

  const DramConfig& config() const { return config_; }
  const Counters& counters() const { return counters_; }

  /// Shows an observer the data that is moved: to be called before the first request. Takes the place of an observer of
  /// the channels' commands.
  void observe(dram::DataObserver observer);

  /// The channels, for their statistics and for observing commands; none at level fast.
  dram::DetailedMemory* channels() { return channels_.get(); }
  const dram::DetailedMemory* channels() const { return channels_.get(); }

  /// Whether what comes from now on is served as by a memory that has served nothing yet; never so at level detailed,
  /// which goes on with its rows and its refresh.
  bool rests() const;

  /// Ends the request trace of the configuration, if there is one; to be called when the simulation is over. Throws
  /// Error (run) if it could not be written to the last byte.
  void finish_request_trace();

  /// Allows or forbids direct access from now on, whatever the configuration said; taken back from those who have it.
  void allow_dmi(bool allowed);

  /// Forgets all contents, which read as 0 again. Direct access is taken back, and may be asked for anew.
  void clear();

 private:
  using Payload = tlm::tlm_generic_payload;

  /// An answer to a non-blocking transaction, and when it is due.
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

  /// The effects of a transaction that can be executed.
  void complete(Payload& payload) {
    if (config_.store_data) move_data(payload);
    if (dmi_) payload.set_dmi_allowed(true);
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
  }

  /// Counts a legal transaction that arrives at an instant.
  void take(const Payload& payload, std::uint64_t bursts, std::uint64_t arrival);
  std::uint64_t serve_fast(const Payload& payload, std::uint64_t bursts, std::uint64_t arrival);
  /// The instant from which the channels are free, in whole ticks.
  std::uint64_t free_at() const { return free_at_ticks_ + (free_at_part_ >> (part_bits - 1)); }
  std::uint64_t serve_detailed(const Payload& payload, std::uint64_t arrival);
  std::uint64_t bursts_of(const Payload& payload) const;

  // Non-blocking transactions: begun, accepted (END_REQ), answered (BEGIN_RESP), ended (END_RESP).
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
  std::uint64_t burst_ticks_;  // a burst's share of the time of all channels
  std::uint64_t burst_part_;   // and what is beyond whole ticks, in 2^-part_bits ticks
  std::uint64_t latency_ticks_;
  std::uint64_t free_at_ticks_ = 0;  // of the channels, and the part of a tick beyond
  std::uint64_t free_at_part_ = 0;
  SparseMemory contents_;

  Clock clock_;                         // of the commands
  std::uint64_t controller_ticks_ = 0;  // of the latency: what is not row and column access
  std::unique_ptr<dram::DetailedMemory> channels_;
  std::unique_ptr<dram::RequestTrace> request_trace_;
  dram::DataObserver observer_;

  tlm_utils::peq_with_cb_and_phase<Dram> phases_;  // those that come with a delay
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
