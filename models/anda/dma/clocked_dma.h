// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DMA_CLOCKED_DMA_H
#define ANDA_DMA_CLOCKED_DMA_H

#include <cstdint>
#include <deque>
#include <functional>
#include <systemc>

#include <anda/base/activity.h>
#include <anda/dataflow/step_board.h>
#include <anda/dma/dma.h>

namespace anda {

/// Level cycle: the DMA's queue clock by clock. Loads wait for free halves, stores for complete blocks of results, in
/// one order; a process hands on what may start, and memory says when it arrives.
class ClockedDma : public sc_core::sc_module {
 public:
  ClockedDma(sc_core::sc_module_name name, Dma& dma);

  /// `compute`: brings the values of a step into the buffer before the first of its results leaves.
  using Compute = std::function<void(StepUnderWay&)>;
  void begin(StepBoard& board, Compute compute);

  /// Plans the next step of the board: its loads, and after them the stores of the step before.
  void open_step();

  /// One clock: hands on the transfers that may start. `blocks`: of results that are complete.
  void tick(std::uint64_t cycle, std::uint64_t blocks);

  /// For how many clocks, from the next one on, it hands nothing on and memory says nothing, if meanwhile no half is
  /// released and the block of results that it waits for (store_waiting()) does not become complete.
  std::uint64_t quiet_clocks(std::uint64_t cycle, std::uint64_t blocks) const;
  /// The block of results that the next transfer is of; nullptr if it is none of results.
  const std::uint64_t* store_waiting() const;
  /// The step whose loads get later with this clock, since no half is free; nullptr if there is none.
  StepUnderWay* held_up(std::uint64_t cycle) const;

  /// Forgets what was not handed on.
  void drop() { posted_.clear(); }

  /// Whether transfers are under way; whether any are left at all.
  bool transferring(std::uint64_t cycle) const { return transferring_ || dma_.active(cycle); }
  bool complete(std::uint64_t cycle) const { return planned_.empty() && posted_.empty() && !transferring(cycle); }

  void observe(ActivityObserver* observer) { observer_ = observer; }

  // For waveforms.
  const std::uint64_t& planned() const { return planned_count_; }
  const bool& busy() const { return busy_; }

 private:
  struct TransferUnderWay {
    Transfer transfer;
    StepUnderWay* step = nullptr;
    std::uint64_t* arrival = nullptr;  ///< set to the cycle at which it is over
    std::uint64_t block = 0;           ///< of a store
    std::uint64_t earliest = 0;
  };

  void process();
  void deliver(const TransferUnderWay& transfer);
  void plan_loads(StepUnderWay& step);
  void plan_stores(StepUnderWay& step);
  void plan_ahead();
  bool may_start(const TransferUnderWay& next, std::uint64_t cycle, std::uint64_t blocks) const;
  void start_loading(StepUnderWay& of, std::uint64_t cycle);

  Dma& dma_;
  StepBoard* board_ = nullptr;
  Compute compute_;
  ActivityObserver* observer_ = nullptr;
  StepUnderWay ahead_;  // loads the weights of a GeMM to come
  const WeightsAhead* weights_ahead_ = nullptr;
  std::deque<TransferUnderWay> planned_;
  std::deque<TransferUnderWay> posted_;  // to the process
  sc_core::sc_event post_;
  bool transferring_ = false;
  std::uint64_t planned_count_ = 0;
  bool busy_ = false;
};

}  // namespace anda

#endif
