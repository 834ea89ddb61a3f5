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
#include <anda/buffer/half_credits.h>
#include <anda/dataflow/step_plan.h>
#include <anda/dataflow/vector_plan.h>
#include <anda/dataflow/weights_ahead.h>
#include <anda/dma/burst_initiator.h>
#include <anda/dma/dma_config.h>
#include <anda/dma/watchdog.h>
#include <anda/energy/counters.h>
#include <anda/tlm/dataflow_access.h>

namespace anda {

/// The DMA engine: one in-order queue of transfers between external memory and the buffers, with several transactions
/// in flight. Times are cycles since the start of the operation.
///
/// With protocol b_transport, a transfer has moved its data and its end is known when the requesting call returns,
/// ahead of simulated time. With protocol `at`, the call only queues the transfer (a store's results leave the buffer
/// at once), and await() waits for its end. Transfers end in the order of their requests.
///
/// `memory` accesses external memory. `activation_buffer` and `weight_buffer` write operands in the cycle of their
/// arrival; reads of results take effect once the results are in the buffer. A half is filled when its credits allow.
class Dma : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Dma> memory;
  tlm_utils::simple_initiator_socket<Dma> activation_buffer;
  tlm_utils::simple_initiator_socket<Dma> weight_buffer;
  sc_core::sc_port<HalfCredits> activation_credits;
  sc_core::sc_port<HalfCredits> weight_credits;

  /// `moves_data`: copy data between memory and buffers; otherwise model sizes and times only.
  Dma(sc_core::sc_module_name name, const DmaConfig& config, const Clock& clock, bool moves_data = false);

  /// Starts an operation now, in cycle 0 of the clock; to be called from the operation's thread.
  void begin();

  /// Ends an operation: waits until `cycle` or, if the operation was stopped, until the last transaction has arrived.
  void finish(std::uint64_t cycle);

  /// Aborts the current operation, from any process: no further transaction is issued, those in flight complete.
  void abort();

  /// Timing of the loads of a step.
  struct Loads {
    std::uint64_t asked = 0;      ///< number of transfers requested, up to the last of these loads
    std::uint64_t earliest = 0;   ///< cycle from which the loads could start: halves free, previous results ready
    std::uint64_t idle_from = 0;  ///< end of the transfers requested before the step's turn
    std::uint64_t arrived = 0;    ///< protocol b_transport: arrival of the last of these loads

    /// Cycles for which the DMA was idle because no half was free.
    std::uint64_t held() const { return earliest - std::min(earliest, idle_from); }
  };

  // Level fast: the transfers of whole steps, in the order of the plan. Called from a thread; waits where it has run
  // ahead by the global quantum. Transfers nothing once the operation is stopped.

  /// Requests a step's operands, as soon as its halves are free and the results queued before them are in the buffer.
  /// `loads` must not move until they have ended.
  void load(const StepPlan& plan, const Step& step, Loads& loads);
  /// Sends a step's results to memory, each block once it is in the buffer.
  void store(const StepPlan& plan, const Step& step);
  /// Requests the weights of the coming GeMM, after the operands of the last step. All steps but the last must have
  /// been computed, so that the target half of the weight buffer is free.
  void load(const WeightsAhead& ahead);

  // The same for a step of a vector operation; release() frees its half of the activation buffer.
  void load(const VectorStep& step, Loads& loads);
  void store_results(const Transfer& results);
  void release(const VectorStep& step, std::uint64_t cycle) { activation_credits->release(step.half, cycle); }

  // Streaming steps on the beat of the array (ArrayBlock::Beat), protocol b_transport only: memory sees each of their
  // transfers, the buffers are informed afterwards.

  /// Whether streaming is possible: protocol b_transport, no data movement, no observer, and buffers that support
  /// accesses standing for several transfers.
  bool streams() const { return !bursts_ && !moves_data_ && observer_ == nullptr && buffers_understand_; }
  /// Stores the results of a streaming step, which are in the buffer from cycle `stored` on.
  void stream_out(const MemoryRun& run, std::uint64_t stored);
  /// Loads the activations of a streaming step into a half that is free from cycle `free_from` on.
  void stream_in(const MemoryRun& run, std::uint64_t free_from, Loads& loads);
  /// Reports the words of `times` such transfers to the activation buffer.
  void streamed(const Transfer& like, std::uint64_t times);
  /// Reports the arrival of such a load to the activation buffer.
  void streamed(const Transfer& load, const Loads& loads);

  // Single transfers that start no earlier than a cycle, which must not decrease from call to call. `arrival`, if not
  // nullptr, receives the cycle at which the last byte is in the buffer, once it is known.
  void load(const Transfer& transfer, std::uint64_t earliest, std::uint64_t* arrival);
  void store(const Transfer& transfer, std::uint64_t earliest);

  /// Sets `cycle` to the end of all transfers requested so far, once it is known.
  void note_idle(std::uint64_t& cycle);

  /// Number of transfers requested so far (0 with b_transport); await() waits until a number of them have ended.
  std::uint64_t asked() const { return asked_; }
  void await(std::uint64_t transfers) {
    while (ended_ < transfers) sc_core::wait(one_ended_);
  }

  /// Whether a requested transfer has not ended yet.
  bool awaits() const { return ended_ < asked_; }
  /// Notified when the operation is aborted.
  const sc_core::sc_event& aborting() const { return aborting_; }

  /// Whether a transfer, or a read, requested before `cycle` is in progress in that cycle.
  bool active(std::uint64_t cycle) const { return ended_ < asked_ || cycle < idle_from_; }
  bool loading(std::uint64_t cycle) const { return ended_ < last_read_ || cycle < loads_until_; }
  /// Number of cycles from `cycle` on in which active() and loading() are constant if no transfer is requested or ends.
  std::uint64_t unchanged(std::uint64_t cycle) const {
    std::uint64_t cycles = ~std::uint64_t{0};
    if (loads_until_ > cycle) cycles = std::min(cycles, loads_until_ - cycle);
    if (idle_from_ > cycle) cycles = std::min(cycles, idle_from_ - cycle);
    return cycles;
  }

  /// Cycle at which the last ended transfer arrived.
  std::uint64_t idle_from() const { return idle_from_; }

  /// Whether memory refused a transaction since begin(), at failed_address(). Nothing is sent after that.
  bool failed() const { return failed_; }
  /// Whether the operation does not continue: it failed or was aborted.
  bool stopped() const { return failed_ || aborted_; }
  std::uint64_t failed_address() const { return failed_address_; }

  const Counters& counters() const { return counters_; }

  /// Reports transfers to an observer as they end; none by default.
  void observe(ActivityObserver* observer) { observer_ = observer; }

 private:
  void wait_until(std::uint64_t cycle);
  void start_quantum();
  std::uint64_t owes_since() const;
  std::string owed() const;
  /// A requested transfer.
  struct Request {
    Transfer transfer;
    tlm::tlm_command command = tlm::TLM_IGNORE_COMMAND;
    std::uint64_t earliest = 0;
    std::uint64_t* arrival = nullptr;
    std::vector<unsigned char> bytes;  ///< only if the DMA moves data
  };

  void ask(Request& request);
  void move(tlm::tlm_command command, const MemoryRun& run, std::uint64_t earliest, unsigned char* bytes);
  void arrive(Request& request, std::uint64_t free);
  void end(std::uint64_t ticks);
  std::uint64_t take_results(const Transfer& transfer, unsigned char* to);
  void fill(Request& request);
  DataflowAccess& access(const Transfer& transfer, std::uint64_t cycle);
  void count(tlm::tlm_command command, std::uint64_t address, std::uint64_t bytes);
  void refuse(std::uint64_t address);
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) {
    return bursts_->nb_transport_bw(payload, phase, delay);
  }

  DmaConfig config_;
  const Clock& clock_;
  bool moves_data_;
  DataflowAccess to_activations_;
  DataflowAccess to_weights_;
  ActivityObserver* observer_ = nullptr;
  tlm::tlm_generic_payload payload_;
  std::vector<unsigned char> data_;    // placeholder for data that does not matter
  std::vector<std::uint64_t> window_;  // arrivals of the last requests_in_flight transactions
  std::size_t slot_ = 0;
  std::uint64_t run_ahead_ = 0;      // instant, in ticks, up to which the global quantum allows running ahead
  bool buffers_understand_ = false;  // whether they support the dataflow extension
  std::uint64_t issued_ = 0;
  std::uint64_t idle_from_ = 0;
  std::uint64_t loads_until_ = 0;   // arrival of the last ended read
  std::uint64_t results_from_ = 0;  // cycle at which the last result block so far was in the buffer
  std::uint64_t stored_from_ = 0;   // the same for the last step; 0 if it stored nothing
  bool failed_ = false;
  bool aborted_ = false;
  sc_core::sc_event aborting_;
  std::uint64_t failed_address_ = 0;
  std::uint64_t called_at_ = Watchdog::owes_nothing;  // instant of the b_transport call in progress
  Watchdog watchdog_;

  // Protocol at.
  std::unique_ptr<BurstInitiator> bursts_;  // none with protocol b_transport
  std::deque<Request> under_way_;
  Request request_;  // of protocol b_transport; kept to reuse its byte buffer
  std::uint64_t asked_ = 0;
  std::uint64_t ended_ = 0;
  std::uint64_t last_read_ = 0;  // number of the last requested read, counted like asked_
  sc_core::sc_event one_ended_;

  std::uint64_t read_bytes_ = 0;
  std::uint64_t write_bytes_ = 0;
  std::uint64_t transactions_ = 0;
  Counters counters_;
};

}  // namespace anda

#endif
