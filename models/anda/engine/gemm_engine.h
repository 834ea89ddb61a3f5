// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ENGINE_GEMM_ENGINE_H
#define ANDA_ENGINE_GEMM_ENGINE_H

#include <string>
#include <systemc>

#include <anda/base/activity.h>
#include <anda/control/controller_counts.h>
#include <anda/dataflow/step_plan.h>

namespace anda {

/// Interface of the engines, one per level, that drive the blocks through the steps of a GeMM.
class GemmEngine {
 public:
  GemmEngine() = default;
  GemmEngine(const GemmEngine&) = delete;
  GemmEngine& operator=(const GemmEngine&) = delete;
  virtual ~GemmEngine() = default;

  /// Runs a GeMM that starts now, in cycle 0 of the clock; called from a thread. Returns when the GeMM is complete, or
  /// when the DMA was stopped and has no transaction in flight any more. Adds the GeMM's steps and cycles to `counts`.
  /// At level fast, an aborted GeMM counts its current step in full.
  virtual void run(StepPlan& plan, ControllerCounts& counts) = 0;

  /// Adds the state of the blocks to a waveform file. Throws Error (input) if the engine has no clocks to show.
  virtual void trace_blocks(sc_core::sc_trace_file& file, const std::string& scope) = 0;

  /// Brings the counters up to date, for readers in the middle of a GeMM.
  virtual void catch_up() {}

  /// Reports the start and end of each GeMM to an observer, which must outlive the runs. None by default.
  void observe(ActivityObserver* observer) { observer_ = observer; }

 protected:
  ActivityObserver* observer() const { return observer_; }

 private:
  ActivityObserver* observer_ = nullptr;
};

}  // namespace anda

#endif
