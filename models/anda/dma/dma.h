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

/// The DMA engine: one in-order queue of transfers between external memory and the buffers, several transactions of
/// which may be under way. Instants are cycles of the operation.
///
/// With protocol b_transport a transfer has moved its data and knows its end when the call that asks for it returns,
/// ahead of simulated time; with `at` it goes on by itself, results are taken out of the buffer by the call, and
/// await() waits for the end. Transfers end in their order.
///
/// `memory`: external memory; `activation_buffer`, `weight_buffer`: writes of operands at the cycle of their arrival,
/// reads of results, which wait until they are there. A half is filled when its credits say that it is free.
class Dma : public sc_core::sc_module {
 public:
  tlm_utils::simple_initiator_socket<Dma> memory;
  tlm_utils::simple_initiator_socket<Dma> activation_buffer;
  tlm_utils::simple_initiator_socket<Dma> weight_buffer;
  sc_core::sc_port<HalfCredits> activation_credits;
  sc_core::sc_port<HalfCredits> weight_credits;

  /// `moves_data`: between memory and buffers; without it only sizes and times.
  Dma(sc_core::sc_module_name name, const DmaConfig& config, const Clock& clock, bool moves_data = false);

  /// An operation starts now, in cycle 0 of the clock; to be called from its thread.
  void begin();

  /// Ends an operation: lets simulated time catch up with a cycle of it, or, if it was stopped, with the arrival of the
  /// last transaction.
  void finish(std::uint64_t cycle);

  /// Ends the operation that is under way, from any process: no further transaction is issued, those that were come to
  /// their end.
  void abort();

  /// The loads of a step, from when they were asked for.
  struct Loads {
    std::uint64_t asked = 0;      ///< transfers asked for, up to the last of them
    std::uint64_t earliest = 0;   ///< cycle from which on there was a half to load into
    std::uint64_t idle_from = 0;  ///< cycle at which what was asked for before the step's turn had ended
    std::uint64_t arrived = 0;    ///< protocol b_transport: cycle at which the last of them arrived

    /// Cycles for which the DMA had nothing to do, but no half was free.
    std::uint64_t held() const { return earliest - std::min(earliest, idle_from); }
  };

  // Level fast: the transfers of whole steps, as the plan orders them. Called from a thread; waits where it has run
  // ahead by the global quantum. Moves nothing once the operation is stopped.

  /// Asks for a step's operands, from when its halves are free and the results before it are away. `loads` must stay
  /// where it is until they have ended.
  void load(const StepPlan& plan, const Step& step, Loads& loads);
  /// Sends a step's results to memory, each block from when it is in the buffer.
  void store(const StepPlan& plan, const Step& step);
  /// Asks for weights of a GeMM to come, behind the operands of the last step; it has to be computed with all but its
  /// half of the weight buffer.
  void load(const WeightsAhead& ahead);

  // Both for a step of a vector operation, whose half of the activation buffer is released when it is done with.
  void load(const VectorStep& step, Loads& loads);
  void store_results(const Transfer& results);
  void release(const VectorStep& step, std::uint64_t cycle) { activation_credits->release(step.half, cycle); }

  // Steps on the beat of the array (Mxu::Beat), with protocol b_transport: only memory sees each of their transfers,
  // the buffers learn of them afterwards.

  /// Whether it can work so: nobody watches, and the buffers understand accesses that stand for several.
  bool streams() const { return !bursts_ && !moves_data_ && observer_ == nullptr && buffers_understand_; }
  /// Stores the results of a step that streams; they are in the buffer from a cycle on.
  void stream_out(const MemoryRun& run, std::uint64_t stored);
  /// Loads the activations of a step that streams into a half that is free from a cycle on.
  void stream_in(const MemoryRun& run, std::uint64_t free_from, Loads& loads);
  /// Tells the activation buffer of the words of `times` such transfers.
  void streamed(const Transfer& like, std::uint64_t times);
  /// Tells it when the operands arrived that such a transfer brought.
  void streamed(const Transfer& load, const Loads& loads);

  // Single transfers, no earlier than a cycle; cycles do not go back. `arrival`, if given, is set to the cycle at which
  // the last byte is in the buffer, when that is known.
  void load(const Transfer& transfer, std::uint64_t earliest, std::uint64_t* arrival);
  void store(const Transfer& transfer, std::uint64_t earliest);

  /// Sets `cycle`, when it is known, to the end of all that was asked for before.
  void note_idle(std::uint64_t& cycle);

  /// How many transfers have been asked for, and waiting until so many have ended.
  std::uint64_t asked() const { return asked_; }
  void await(std::uint64_t transfers) {
    while (ended_ < transfers) sc_core::wait(one_ended_);
  }

  /// Whether memory still owes the end of a transfer that was asked for.
  bool awaits() const { return ended_ < asked_; }
  /// Notified when the operation is aborted.
  const sc_core::sc_event& aborting() const { return aborting_; }

  /// Whether a transfer, or a read, asked for before a cycle is under way then.
  bool active(std::uint64_t cycle) const { return ended_ < asked_ || cycle < idle_from_; }
  bool loading(std::uint64_t cycle) const { return ended_ < last_read_ || cycle < loads_until_; }
  /// For how long, from a cycle on, active() and loading() stay what they are if nothing is asked for and nothing ends.
  std::uint64_t unchanged(std::uint64_t cycle) const {
    std::uint64_t cycles = ~std::uint64_t{0};
    if (loads_until_ > cycle) cycles = std::min(cycles, loads_until_ - cycle);
    if (idle_from_ > cycle) cycles = std::min(cycles, idle_from_ - cycle);
    return cycles;
  }

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
  /// A transfer that was asked for.
  struct Request {
    Transfer transfer;
    tlm::tlm_command command = tlm::TLM_IGNORE_COMMAND;
    std::uint64_t earliest = 0;
    std::uint64_t* arrival = nullptr;
    std::vector<unsigned char> bytes;  ///< if it moves data
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
  std::vector<unsigned char> data_;    // stands in for bytes that do not matter
  std::vector<std::uint64_t> window_;  // arrival of the last requests_in_flight transactions
  std::size_t slot_ = 0;
  std::uint64_t run_ahead_ = 0;      // instant, in ticks, up to which the global quantum lets this process run ahead
  bool buffers_understand_ = false;  // the dataflow extension
  std::uint64_t issued_ = 0;
  std::uint64_t idle_from_ = 0;
  std::uint64_t loads_until_ = 0;   // arrival of the last read that has ended
  std::uint64_t results_from_ = 0;  // the last block of results so far was in the buffer
  std::uint64_t stored_from_ = 0;   // the same of the last step, 0 if it had none
  bool failed_ = false;
  bool aborted_ = false;
  sc_core::sc_event aborting_;
  std::uint64_t failed_address_ = 0;
  std::uint64_t called_at_ = Watchdog::owes_nothing;  // the b_transport that is under way
  Watchdog watchdog_;

  // Protocol at.
  std::unique_ptr<BurstInitiator> bursts_;  // none with protocol b_transport
  std::deque<Request> under_way_;
  Request request_;  // of protocol b_transport, for its buffer
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
