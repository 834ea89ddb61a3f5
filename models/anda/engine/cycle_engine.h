// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ENGINE_CYCLE_ENGINE_H
#define ANDA_ENGINE_CYCLE_ENGINE_H

#include <array>
#include <cstdint>
#include <string>
#include <systemc>

#include <anda/base/clock.h>
#include <anda/dataflow/step_board.h>
#include <anda/dma/clocked_dma.h>
#include <anda/engine/datapath.h>
#include <anda/engine/gemm_engine.h>

namespace anda {

/// Level cycle: the order in which a clock reaches the blocks. Each does what it can with what the others had done by
/// the clock before; the array says whether the clock was busy or a stall of which cause. Simulated time goes along.
class CycleEngine : public sc_core::sc_module, public GemmEngine {
 public:
  CycleEngine(sc_core::sc_module_name name, const Datapath& datapath, Dma& dma, const Clock& clock);

  void run(StepPlan& plan, ControllerCounts& counts) override;
  void trace_blocks(sc_core::sc_trace_file& file, const std::string& scope) const override;

 private:
  void begin(StepPlan& plan);
  void tick(ControllerCounts& counts);
  std::uint64_t tick_results();
  void took(const ClockedArray::Clocked& clocked, ControllerCounts& counts);
  void count_sums(const ArrayTile& tile);
  void move_values(StepUnderWay& step);
  bool compressing() const;
  ArrayState tail_state() const;
  void note(ArrayState state);
  void show_units();
  void show_end();
  bool complete() const { return board_.complete() && dma_.complete(cycle_); }

  Datapath datapath_;
  const Clock& clock_;
  Dma& memory_;
  ClockedDma dma_;
  StepBoard board_;
  std::uint64_t cycle_ = 0;
  std::uint64_t partial_sum_bits_ = 0;  // read for tiles, less whole words

  /// What an observer has not been told yet: the array's state, and how a unit is busy, since a clock.
  struct Shown {
    ArrayState state = ArrayState::busy;
    std::uint64_t since = 0;
    bool vector_unit = false;
    std::uint64_t vector_unit_since = 0;
    std::uint64_t values = 0;  ///< told so far
    bool compressor = false;
    std::uint64_t compressor_since = 0;
    std::uint64_t groups = 0;
  };
  Shown shown_;

  std::array<bool, array_state_count> state_ = {};  // for waveforms
};

}  // namespace anda

#endif
