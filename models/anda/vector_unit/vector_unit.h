// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_VECTOR_UNIT_VECTOR_UNIT_H
#define ANDA_VECTOR_UNIT_VECTOR_UNIT_H

#include <cstdint>
#include <memory>
#include <systemc>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>
#include <utility>
#include <vector>

#include <anda/base/activity.h>
#include <anda/base/clock.h>
#include <anda/base/clocked_port.h>
#include <anda/base/math.h>
#include <anda/base/standstills.h>
#include <anda/dataflow/vector_plan.h>
#include <anda/energy/counters.h>
#include <anda/functional/data_losses.h>
#include <anda/functional/vector_constants.h>
#include <anda/numeric/rounding.h>
#include <anda/tlm/dataflow_access.h>
#include <anda/tlm/target_access.h>
#include <anda/vector_unit/drain_pipeline.h>
#include <anda/vector_unit/vector_passes.h>
#include <anda/vector_unit/vector_unit_config.h>
#include <anda/vector_unit/vector_values.h>

namespace anda {

/// The vector unit: drains finished sums from the accumulators, one per lane and cycle, and rounds them to FP16
/// (partial sums stay FP32). The accumulators are double-buffered, so it works while the next tile is computed.
///
/// Timing: a beat of `fpus` values enters per cycle and leaves latency_cycles later. If the next stage holds it up, the
/// whole unit stands still.
///
/// `sums` takes FP32 values: with the dataflow extension a tile of the array, row by row; without it any number of
/// values. `out` passes them on as FP16, column-major: with an extension to the address of its block, without one to
/// half the address.
///
/// The unit's own operations (VectorTask) work on operands in the activation buffer, which it reads through `operands`,
/// pass by pass (vector_passes.h). A pass over a block of rows takes ⌈elements × cycles per element / fpus⌉ cycles plus
/// the same for per-row work, or as long as the buffer's port needs to bring the operands. Each pass but the last ends
/// latency_cycles later, after a tree of ⌈log2 fpus⌉ additions if it reduces. The last pass outputs its results like
/// those of the array. VectorValues defines their values in functional simulations.
class VectorUnit : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<VectorUnit> sums;
  tlm_utils::simple_initiator_socket<VectorUnit> out;
  tlm_utils::simple_initiator_socket<VectorUnit> operands;  ///< for its own operations; may be left unbound
  ClockedPort<AccumulatorPort> accumulators;                ///< level cycle: from the array
  ClockedPort<ResultSink> sink;                             ///< level cycle: to the compressor or the buffer

  /// `functional`: its own operations move real data.
  VectorUnit(sc_core::sc_module_name name, const VectorUnitConfig& config, const Clock& clock, bool functional = false);

  /// Cycles to take in `values` results.
  std::uint64_t cycles(std::uint64_t values) const { return ceil_div(values, config_.fpus); }

  /// Whether it can run its own operations.
  bool has_operands() const { return nothing_ == nullptr; }
  /// Sets the constants of later operations in a functional simulation.
  void set_constants(VectorConstants constants) { constants_ = std::move(constants); }
  /// Starts an operation in cycle 0; the plan must outlive it.
  void begin(const VectorPlan& plan);
  struct Worked {
    std::uint64_t started = 0;  ///< cycle in which the operands were available and the unit was free
    std::uint64_t done = 0;     ///< cycle in which the unit is done with the operands
    std::uint64_t stored = 0;   ///< cycle in which the results are in the activation buffer; 0 if there are none
  };
  /// Works on a step whose operands are in the buffer, or will be at a cycle known to the buffer. `free_from`: cycle
  /// from which the unit is free.
  Worked work(const VectorPlan& plan, const VectorStep& step, std::uint64_t free_from);

  // Level cycle.
  void begin_clocks() { pipeline_.begin(); }
  /// One clock. Returns the number of tiles whose last result has left.
  std::uint64_t tick(std::uint64_t cycle) {
    std::uint64_t left = 0;
    values_ += pipeline_.tick(config_, *accumulators.operator->(), *sink.operator->(), cycle, left);
    return left;
  }
  const DrainPipeline& pipeline() const { return pipeline_; }

  /// Number of values counted so far.
  std::uint64_t values() const { return values_; }

  /// Whether the last operation was the unit's own, not the array's.
  bool worked_last() const { return own_operation_ == clock_.operation(); }
  /// Sums of the last operation that overflowed FP16, in a functional simulation.
  const OverflowCounts& overflows() const { return overflows_; }
  /// Adds the losses of the last operation, in a functional simulation.
  void add_losses(DataLosses& losses) const;

  /// Shows an observer the span of each step's results; it must outlive the runs. None by default.
  void observe(ActivityObserver* observer) { observer_ = observer; }

  const VectorUnitConfig& config() const { return config_; }
  const Counters& counters() const { return counters_; }

 private:
  void before_end_of_elaboration() override;
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void begin();
  /// Rate of results in values per cycle, and their size in the buffer if they are neither FP16 nor FP32.
  struct Pace {
    std::uint64_t values_per_cycle;
    std::uint64_t bytes = 0;
  };
  void pass_on(tlm::tlm_generic_payload& payload, DataflowExtension& said, const Pace& pace);
  void answer(DataflowExtension& said, std::uint64_t entered, const Pace& pace);
  std::uint64_t read_operands(const VectorPlan& plan, const VectorStep& step, std::uint64_t cycle,
                              std::uint64_t& there);
  void keep_values(const VectorStep& step, std::uint64_t cycle);
  std::uint64_t pass_cycles(const VectorPlan& plan, const VectorStep& step, const VectorPass& pass);
  void put_out(const VectorPlan& plan, const VectorStep& step, const VectorPass& pass, Worked& worked);
  unsigned char* values_of(const VectorPlan& plan, const VectorStep& step, const ArrayTile& tile);
  void stand_still(std::uint64_t offered);
  void pass_on_plain(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned char* round(const float* sums, const ArrayTile& tile);

  VectorUnitConfig config_;
  const Clock& clock_;
  DataflowAccess next_;
  std::vector<unsigned char> rounded_;
  DrainPipeline pipeline_;
  OverflowCounts overflows_;
  Standstills stands_;            // standstills of the pipeline in its last cycles
  std::vector<HoldUp> hold_ups_;  // hold-ups of the incoming tile
  std::uint64_t operation_ = 0;   // operation to which these belong
  ActivityObserver* observer_ = nullptr;
  StretchOfWork shown_;
  std::uint64_t values_ = 0;
  std::unique_ptr<tlm_utils::simple_target_socket<VectorUnit>> nothing_;  // dummy target for unbound operands
  DataflowAccess operand_access_;
  bool functional_;
  VectorConstants constants_;
  VectorValues own_values_;
  std::vector<std::uint8_t> operand_bytes_;  // of the current step
  std::vector<float> block_values_;          // values that leave together
  std::uint64_t own_operation_ = 0;          // number of its last own operation, by the clock
  std::vector<VectorPass> passes_;           // passes of its own operation
  std::uint64_t blocks_ = 0;                 // blocks of results output so far
  std::uint64_t lane_cycles_ = 0;
  std::uint64_t macs_ = 0;
  Counters counters_;
};

}  // namespace anda

#endif
