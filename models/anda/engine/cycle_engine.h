// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ENGINE_CYCLE_ENGINE_H
#define ANDA_ENGINE_CYCLE_ENGINE_H

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <systemc>
#include <vector>

#include <anda/base/clock.h>
#include <anda/buffer/half_credits.h>
#include <anda/buffer/read_port.h>
#include <anda/buffer/result_writer.h>
#include <anda/buffer/weight_buffer.h>
#include <anda/compressor/compressor_lanes.h>
#include <anda/dma/dma.h>
#include <anda/engine/datapath.h>
#include <anda/engine/gemm_engine.h>
#include <anda/mxu/accumulators.h>
#include <anda/mxu/array_control.h>
#include <anda/vector_unit/drain_pipeline.h>

namespace anda {

/// The engine of level cycle: every clock, each block does what it can with what the others had done by the clock
/// before, and the clock is counted as busy or as a stall of the cause that it saw. Simulated time goes along.
///
/// The DMA, a process of its own, takes loads and stores in the order of the FastEngine; memory says when each arrives.
class CycleEngine : public sc_core::sc_module, public GemmEngine {
 public:
  CycleEngine(sc_core::sc_module_name name, const Datapath& datapath, Dma& dma, const Clock& clock);

  void run(StepPlan& plan, ControllerCounts& counts) override;
  void trace_blocks(sc_core::sc_trace_file& file, const std::string& scope) const override;

 private:
  using State = ArrayState;
  static constexpr std::size_t states = array_state_count;

  /// A step that is loaded, computed or stored.
  struct StepUnderWay {
    Step at;
    std::uint64_t started = 0;               ///< clock of its first operands in the array
    bool data_moved = false;                 ///< of a functional simulation
    std::vector<std::uint64_t> activations;  ///< cycle at which each panel is there
    std::vector<std::uint64_t> weights;
    std::vector<std::uint64_t> activation_parts;  ///< the same for parts of the first panels of a GeMM
    std::vector<std::uint64_t> weight_parts;
    std::uint64_t held = 0;            ///< clocks by which its loads are late since no half was free
    std::uint64_t transfers_left = 0;  ///< to post to the DMA's process
    std::uint64_t loads_left = 0;      ///< of them
    std::uint64_t posted = 0;          ///< that the process has not handed on
    std::uint64_t loads_asked = 0;     ///< transfers asked for, up to the last of its loads
    bool loading = false;
    bool computed = false;
  };

  struct TransferUnderWay {
    Transfer transfer;
    StepUnderWay* step = nullptr;
    std::uint64_t* arrival = nullptr;  ///< set to the cycle at which it is over
    std::uint64_t block = 0;           ///< of a store
    std::uint64_t earliest = 0;
  };

  struct Cursor {
    std::uint64_t tile = 0;
    std::uint64_t group = 0;
    std::uint32_t plane = 0;
  };

  void begin(StepPlan& plan);
  void dma_process();
  void hand_on(const TransferUnderWay& transfer);
  void move_values(StepUnderWay& step);
  void open_step();
  void plan_loads(StepUnderWay& step);
  void plan_stores(StepUnderWay& step);
  void open_tile();
  bool tile_exists(std::uint64_t tile);
  const ArrayTile& tile(std::uint64_t tile) const { return tiles_[tile - first_tile_]; }
  StepUnderWay& step(std::uint64_t step) { return steps_[step - first_step_]; }

  State tick();
  void tick_dma();
  bool start_loading(StepUnderWay& of);
  void tick_results();
  State tick_array(State tail);
  void tick_ports();
  State missing_operand(const ArrayTile& of);
  State tail_state() const;
  void issue(const ArrayTile& at);
  const std::uint64_t& activation_arrival(const ArrayTile& of, std::uint64_t group);
  const std::uint64_t& weight_arrival(const ArrayTile& of, std::uint64_t group);
  void count(State state);
  void show_state(State state);
  void show_units();
  void show_end();
  bool complete() const;
  void wait_for(std::uint64_t cycle) const;

  Datapath datapath_;
  Dma& dma_;
  const Clock& clock_;

  StepPlan* plan_ = nullptr;
  std::uint32_t planes_ = 0;  ///< clocks of a group
  std::uint64_t* steps_started_ = nullptr;
  std::uint64_t cycle_ = 0;
  std::deque<StepUnderWay> steps_;
  std::uint64_t first_step_ = 0;
  std::uint64_t steps_opened_ = 0;
  bool steps_ended_ = false;
  std::deque<ArrayTile> tiles_;
  std::uint64_t first_tile_ = 0;
  std::uint64_t next_step_ = 0;  ///< of the next tile, with its place there
  std::uint64_t next_row_ = 0;
  std::uint64_t next_column_ = 0;

  // The blocks.
  ReadPort weight_port_;
  ReadPort activation_port_;
  Cursor weights_;  ///< what the ports bring next
  Cursor activations_;
  ArrayControl array_;
  Accumulators accumulators_;
  DrainPipeline vector_unit_;
  ResultWriter result_writer_;
  CompressorLanes compressor_;
  std::uint64_t partial_sum_bits_ = 0;  ///< read for tiles, less whole words

  std::deque<TransferUnderWay> planned_;
  std::deque<TransferUnderWay> posted_;  ///< to the DMA's process
  sc_core::sc_event post_;
  bool transferring_ = false;
  std::uint64_t planned_count_ = 0;  ///< for waveforms, like the flag below
  bool dma_busy_ = false;

  /// What an observer has not been told yet: the array's state, and how a unit is busy, since a clock.
  struct Shown {
    State state = State::busy;
    std::uint64_t since = 0;
    bool vector_unit = false;
    std::uint64_t vector_unit_since = 0;
    std::uint64_t values = 0;  ///< told so far
    bool compressor = false;
    std::uint64_t compressor_since = 0;
    std::uint64_t groups = 0;
  };
  Shown shown_;

  std::array<bool, states> state_ = {};
};

}  // namespace anda

#endif
