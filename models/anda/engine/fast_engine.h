// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ENGINE_FAST_ENGINE_H
#define ANDA_ENGINE_FAST_ENGINE_H

#include <cstdint>
#include <string>

#include <anda/dma/dma.h>
#include <anda/engine/gemm_engine.h>
#include <anda/mxu/mxu.h>

namespace anda {

/// Level fast: starts DMA and array on one step of the plan after another. What a step takes, the blocks find out among
/// themselves.
///
/// The order is that of the hardware's command queues: the loads of two steps ahead, then always the results of a step
/// before the loads that reuse its halves.
class FastEngine : public GemmEngine {
 public:
  FastEngine(Mxu& mxu, Dma& dma) : mxu_(mxu), dma_(dma) {}

  void run(StepPlan& plan, ControllerCounts& counts) override;
  void trace_blocks(sc_core::sc_trace_file& file, const std::string& scope) const override;

 private:
  Mxu& mxu_;
  Dma& dma_;
};

}  // namespace anda

#endif
