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

/// Level cycle: the DMA queue, clock by clock. Loads wait for free halves and stores for complete result blocks, in one
/// queue. A process passes the transfers that may start to the Dma, and memory determines when they end.
class ClockedDma : public sc_core::sc_module {
 public:
  ClockedDma(sc_core::sc_module_name name, Dma& dma);

  /// `compute`: writes the result values of a step to the buffer; called before the first of its results leaves.
  using Compute = std::function<void(StepUnderWay&)>;
  void begin(StepBoard& board, Compute compute);

  /// Opens the next step of the board and queues its loads, then the stores of the previous step.
  void open_step();

  /// Advances by one clock: posts the transfers that may start. `blocks`: number of complete result blocks.
  void tick(std::uint64_t cycle, std::uint64_t blocks);

  /// Number of clocks, from the next one on, in which it posts nothing and no transfer ends, provided that no half is
  /// released meanwhile and the result block it waits for (store_waiting()) does not become complete.
  std::uint64_t quiet_clocks(std::uint64_t cycle, std::uint64_t blocks) const;
  /// Number of the result block that the next transfer stores; nullptr if the next transfer is not a store.
  const std::uint64_t* store_waiting() const;
  /// Step whose loads this clock delays because no half is free; nullptr if there is none.
  StepUnderWay* held_up(std::uint64_t cycle) const;

  /// Discards the posted transfers that have not started.
  void drop() { posted_.clear(); }

  /// Whether transfers are in progress; whether all transfers have ended.
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
    std::uint64_t* arrival = nullptr;  ///< receives the cycle at which the transfer ends
    std::uint64_t block = 0;           ///< result block of a store
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
  StepUnderWay ahead_;  // pseudo-step that loads the weights of the coming GeMM
  const WeightsAhead* weights_ahead_ = nullptr;
  std::deque<TransferUnderWay> planned_;
  std::deque<TransferUnderWay> posted_;  // to the process, not started yet
  sc_core::sc_event post_;
  bool transferring_ = false;
  std::uint64_t planned_count_ = 0;
  bool busy_ = false;
};

}  // namespace anda

#endif
