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
/// the clock before; the array says whether the clock was busy or a stall of which cause.
///
/// Simulated time goes along, clock by clock where one may reach the DMA or memory. Up to the next such clock the
/// blocks are alone with each other: time goes there at once, and then they go through those clocks. With fast-forward,
/// clocks in which all stand still, and groups that the array takes in as it did those before, are counted and not gone
/// through. The result is the same to the last count. Who watches the clocks sees each of them.
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

  // Clocks in which the blocks are alone.
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

  /// What there was at the start of a group.
  struct GroupStart {
    bool known = false;
    std::uint64_t cycle = 0;
    ClockedArray::Place place;
    ReadPort::Left activations;
    ReadPort::Left weights;
    Mxu::Counted counted;
  };
  GroupStart group_;
  /// How the groups before the present one were taken in, and how many groups follow in the same way.
  struct Recurrence {
    std::uint64_t groups = 0;  ///< that follow; 0: not known
    std::uint64_t period = 0;  ///< of groups
    std::uint64_t clocks = 0;  ///< of a period
    Mxu::Counted from;         ///< counted before such a period and after it
    Mxu::Counted to;
  };
  Recurrence recurrence_;

  std::uint64_t alone_ = 0;             // clocks that time is ahead of the blocks, or going to be
  ControllerCounts* counts_ = nullptr;  // of the GeMM

  std::array<bool, array_state_count> state_ = {};  // for waveforms
};

}  // namespace anda

#endif
