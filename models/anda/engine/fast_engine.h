// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ENGINE_FAST_ENGINE_H
#define ANDA_ENGINE_FAST_ENGINE_H

#include <cstdint>
#include <string>

#include <anda/dma/dma.h>
#include <anda/engine/gemm_engine.h>
#include <anda/mxu/array_block.h>

namespace anda {

/// Level fast: starts the DMA and the array on one step of the plan after another. The blocks determine the duration of
/// a step among themselves.
///
/// The order is that of the hardware's command queues: first the loads of two steps, then the results of each step
/// before the loads that reuse its halves.
class FastEngine : public GemmEngine {
 public:
  FastEngine(ArrayBlock& mxu, Dma& dma) : mxu_(mxu), dma_(dma) {}

  void run(StepPlan& plan, ControllerCounts& counts) override;
  void trace_blocks(sc_core::sc_trace_file& file, const std::string& scope) override;

 private:
  /// A step whose operands have been requested.
  struct Ahead {
    Step step;
    Dma::Loads loads;
    bool streamed = false;  ///< its load has not been reported to the activation buffer yet
  };

  void load_ahead(StepPlan& plan);
  void follow_beat(StepPlan& plan, const Step& computed, ControllerCounts& counts);
  void tell_buffer(const StepPlan& plan, const Step& like, std::uint64_t loads, std::uint64_t stores);

  ArrayBlock& mxu_;
  Dma& dma_;
  Ahead ahead_[2];        // the step to compute, and the one whose operands load meanwhile
  std::size_t turn_ = 0;  // which of them comes next
  std::size_t left_ = 0;  // number of steps in ahead_
};

}  // namespace anda

#endif
