// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_VECTOR_UNIT_VECTOR_UNIT_H
#define ANDA_VECTOR_UNIT_VECTOR_UNIT_H

#include <cstdint>
#include <systemc>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>
#include <vector>

#include <anda/base/activity.h>
#include <anda/base/clock.h>
#include <anda/base/clocked_port.h>
#include <anda/base/math.h>
#include <anda/base/standstills.h>
#include <anda/energy/counters.h>
#include <anda/numeric/rounding.h>
#include <anda/tlm/dataflow_access.h>
#include <anda/tlm/target_access.h>
#include <anda/vector_unit/drain_pipeline.h>
#include <anda/vector_unit/vector_unit_config.h>

namespace anda {

/// The vector unit: takes finished sums out of the accumulators, one a lane and cycle, and rounds them to FP16 (or
/// passes partial sums on in FP32). The accumulators are double-buffered, so it works beside the next tile.
///
/// Timing: `fpus` values a cycle, a beat, come in, and leave latency_cycles later. What comes behind it can hold it up:
/// then all of it stands still.
///
/// `sums` takes FP32 values: a tile of the array, row after row, with the dataflow extension, or any number of values
/// without it. `out` passes them on: FP16, all rows of a column and then of the next, to the address of the extension's
/// block, or, without an extension, to half the address.
class VectorUnit : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<VectorUnit> sums;
  tlm_utils::simple_initiator_socket<VectorUnit> out;
  ClockedPort<AccumulatorPort> accumulators;  ///< level cycle: from the array
  ClockedPort<ResultSink> sink;               ///< level cycle: to the compressor or the buffer

  VectorUnit(sc_core::sc_module_name name, const VectorUnitConfig& config, const Clock& clock);

  /// Cycles in which it takes in `values` results.
  std::uint64_t cycles(std::uint64_t values) const { return ceil_div(values, config_.fpus); }

  // Level cycle.
  void begin_clocks() { pipeline_.begin(); }
  /// One clock. Returns the tiles whose last result has left.
  std::uint64_t tick(std::uint64_t cycle) {
    std::uint64_t left = 0;
    values_ += pipeline_.tick(config_, *accumulators.operator->(), *sink.operator->(), cycle, left);
    return left;
  }
  const DrainPipeline& pipeline() const { return pipeline_; }

  /// Counted so far.
  std::uint64_t values() const { return values_; }

  /// Sums of the last operation that were too large for FP16, in a functional simulation.
  const OverflowCounts& overflows() const { return overflows_; }

  /// Shows an observer the stretches of a step's results; it must outlive the runs. None by default.
  void observe(ActivityObserver* observer) { observer_ = observer; }

  const VectorUnitConfig& config() const { return config_; }
  const Counters& counters() const { return counters_; }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  void begin();
  void pass_on(tlm::tlm_generic_payload& payload, DataflowExtension& said);
  void answer(DataflowExtension& said, std::uint64_t entered);
  void stand_still(std::uint64_t offered);
  void pass_on_plain(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned char* round(const float* sums, const ArrayTile& tile);

  VectorUnitConfig config_;
  const Clock& clock_;
  DataflowAccess next_;
  std::vector<unsigned char> rounded_;
  DrainPipeline pipeline_;
  OverflowCounts overflows_;
  Standstills stands_;            // of the pipeline, in its last cycles
  std::vector<HoldUp> hold_ups_;  // of the tile that comes
  std::uint64_t operation_ = 0;   // that these are of
  ActivityObserver* observer_ = nullptr;
  StretchOfWork shown_;
  std::uint64_t values_ = 0;
  Counters counters_;
};

}  // namespace anda

#endif
