// SPDX-License-Identifier: Apache-2.0
#include <anda/engine/fast_engine.h>

#include <algorithm>

#include <anda/base/error.h>

namespace anda {

void FastEngine::trace_blocks(sc_core::sc_trace_file&, const std::string&) const {
  throw Error::input("waveforms need level cycle: level fast has no clocks to show");
}

void FastEngine::run(StepPlan& plan, ControllerCounts& counts) {
  struct Ahead {
    Step step;
    Dma::Loads loads;
  };
  Ahead ahead[2];  // the step to compute and the one whose operands load meanwhile
  std::size_t in_flight = 0;

  dma_.begin();
  if (observer() != nullptr) observer()->begin_gemm(sc_core::sc_time_stamp().value());
  mxu_.begin(plan);
  for (Ahead& next : ahead) {
    if (!plan.next(next.step)) break;
    dma_.load(plan, next.step, next.loads);
    ++in_flight;
  }
  for (std::size_t i = 0; in_flight > 0; i ^= 1) {
    Ahead& now = ahead[i];
    dma_.await(now.loads.asked);
    if (dma_.stopped()) break;  // what was loaded may not be all there
    mxu_.compute(now.step, now.loads.held());
    ++counts.steps;
    dma_.note_idle(now.loads.idle_from);
    dma_.store(plan, now.step);
    if (plan.next(now.step)) {
      dma_.load(plan, now.step, now.loads);
    } else {
      --in_flight;
    }
    if (dma_.stopped()) break;
  }
  dma_.await(dma_.asked());
  const std::uint64_t end = std::max(mxu_.results_stored(), dma_.idle_from());
  mxu_.finish(end);
  counts.cycles += end;
  if (!dma_.stopped()) ++counts.gemms;
  if (observer() != nullptr) observer()->end_gemm(end);
  dma_.finish(end);
}

}  // namespace anda
