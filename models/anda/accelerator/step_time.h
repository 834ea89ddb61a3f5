// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ACCELERATOR_STEP_TIME_H
#define ANDA_ACCELERATOR_STEP_TIME_H

#include <anda/accelerator/accelerator_config.h>
#include <anda/dataflow/gemm_task.h>
#include <anda/dataflow/schedule.h>
#include <anda/dram/dram_config.h>

namespace anda {

/// Estimates how long a GeMM takes with a shape of its steps, to compare shapes without simulating them. The longer of
///   computing, the load of the first step and the store of the last one, and
///   the memory's transfers and the computing of the last step.
/// Transfers take their bytes at full bandwidth and, for each step, two latencies: of its loads and of what its stores
/// hold up. Short steps cost so much at dram.level detailed, where each waits for rows and turnarounds too.
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
