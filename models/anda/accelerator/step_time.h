// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ACCELERATOR_STEP_TIME_H
#define ANDA_ACCELERATOR_STEP_TIME_H

#include <anda/accelerator/accelerator_config.h>
#include <anda/dataflow/gemm_task.h>
#include <anda/dataflow/schedule.h>
#include <anda/dram/dram_config.h>

namespace anda {

/// Estimates the run time of a GeMM with a given step shape, to compare shapes without simulating them. The estimate is
/// the longer of
///   the compute time, plus the load of the first step and the store of the last one, and
///   the memory transfer time, plus the compute time of the last step.
/// The transfer time is the traffic at available bandwidth plus two latencies per step: one for its loads, one for what
/// its stores delay. Short steps really cost that much at dram.level detailed, where each also waits for row
/// activations and bus turnarounds.
class StepTime {
 public:
  StepTime(const AcceleratorConfig& config, const GemmTask& task, const DramConfig& memory);

  double seconds(const Schedule& schedule, const StepShape& shape, const Traffic& traffic) const;

 private:
  GemmTask task_;
  double bytes_per_s_;
  double step_s_;
  double compute_s_;
};

}  // namespace anda

#endif
