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

/// Level cycle: advances the blocks in a fixed order in each clock. A block sees the state that the others had after
/// the previous clock. The array classifies each clock as busy or as a stall with a cause.
///
/// Simulated time advances clock by clock. With fast-forward, it does so only where a clock may reach the DMA or
/// memory: until the next such clock, the blocks interact only with each other, so time jumps there at once and the
/// blocks then execute the clocks in between. Of these, clocks in which all blocks stand still, and groups that the
/// array takes in like earlier ones, are only counted; every count remains exact. A waveform file or an observer sees
/// every clock.
class CycleEngine : public sc_core::sc_module, public GemmEngine {
 public:
  CycleEngine(sc_core::sc_module_name name, const Datapath& datapath, Dma& dma, const Clock& clock, bool fast_forward);

  void run(StepPlan& plan, ControllerCounts& counts) override;
  void trace_blocks(sc_core::sc_trace_file& file, const std::string& scope) override;
  void catch_up() override;

 private:
  void begin(StepPlan& plan);
  void tick(ControllerCounts& counts);
  std::uint64_t tick_results();
  void drop(std::uint64_t tiles);
  void took(const ClockedArray::Clocked& clocked, ControllerCounts& counts);
  void count_sums(const ArrayTile& tile);
  void move_values(StepUnderWay& step);
  bool compressing() const;
  ArrayState tail_state() const;
  void note(ArrayState state);
  void show_units();
  void show_end();
  bool complete() const { return board_.complete() && dma_.complete(cycle_); }

  // Clocks in which the blocks interact only with each other.
  std::uint64_t clocks_alone();
  std::uint64_t clocks_of_array();
  std::uint64_t clocks_still();
  bool results_under_way() const;
  void go_alone(std::uint64_t clocks);
  void stand_still(std::uint64_t clocks);
  void note_group();
  void remember_group();
  std::uint64_t skip_groups(std::uint64_t clocks);

  Datapath datapath_;
  const Clock& clock_;
  Dma& memory_;
  ClockedDma dma_;
  StepBoard board_;
  bool fast_forward_;
  bool traced_ = false;
  std::uint64_t cycle_ = 0;
  std::uint64_t partial_sum_bits_ = 0;  // bits read for tiles, beyond the whole words counted so far

  /// What the observer has not been told yet: the array's state and the units' activity, each since a clock.
  struct Shown {
    ArrayState state = ArrayState::busy;
    std::uint64_t since = 0;
    bool vector_unit = false;
    std::uint64_t vector_unit_since = 0;
    std::uint64_t values = 0;  ///< values reported so far
    bool compressor = false;
    std::uint64_t compressor_since = 0;
    std::uint64_t groups = 0;
  };
  Shown shown_;

  /// State at the start of a group.
  struct GroupStart {
    bool known = false;
    std::uint64_t cycle = 0;
    ClockedArray::Place place;
    ReadPort::Left activations;
    ReadPort::Left weights;
    Mxu::Counted counted;
  };
  GroupStart group_;
  /// Periodic pattern of the preceding groups, and how many groups continue it.
  struct Recurrence {
    std::uint64_t groups = 0;  ///< number of groups that continue it; 0: unknown
    std::uint64_t period = 0;  ///< in groups
    std::uint64_t clocks = 0;  ///< clocks per period
    Mxu::Counted from;         ///< counts before and after one such period
    Mxu::Counted to;
  };
  Recurrence recurrence_;

  std::uint64_t alone_ = 0;             // clocks by which simulated time is, or will be, ahead of the blocks
  ControllerCounts* counts_ = nullptr;  // of the current GeMM

  std::array<bool, array_state_count> state_ = {};  // for waveforms
};

}  // namespace anda

#endif
