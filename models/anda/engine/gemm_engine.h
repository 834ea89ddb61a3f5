// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ENGINE_GEMM_ENGINE_H
#define ANDA_ENGINE_GEMM_ENGINE_H

#include <string>
#include <systemc>

#include <anda/base/activity.h>
#include <anda/control/controller_counts.h>
#include <anda/dataflow/step_plan.h>

namespace anda {

/// What starts the blocks of the machine on the steps of a GeMM, in the way of a level.
class GemmEngine {
 public:
  GemmEngine() = default;
  GemmEngine(const GemmEngine&) = delete;
  GemmEngine& operator=(const GemmEngine&) = delete;
  virtual ~GemmEngine() = default;

  /// Runs a GeMM from now on, cycle 0 of the clock, and returns when it is complete, or when the DMA was stopped and
  /// has no transaction under way any more; called from a thread. Adds its steps and cycles to `counts`. An aborted
  /// GeMM counts its current step in full at level fast.
  virtual void run(StepPlan& plan, ControllerCounts& counts) = 0;

  /// Adds the state of the blocks to a waveform file. Throws Error (input) where the engine has no clocks to show.
  virtual void trace_blocks(sc_core::sc_trace_file& file, const std::string& scope) = 0;

  /// Brings counters up to the present, for who reads them in the middle of a GeMM.
  virtual void catch_up() {}

  /// Shows an observer the bounds of each GeMM; it must outlive the runs. None by default.
  void observe(ActivityObserver* observer) { observer_ = observer; }

 protected:
  ActivityObserver* observer() const { return observer_; }

 private:
  ActivityObserver* observer_ = nullptr;
};

}  // namespace anda

#endif
