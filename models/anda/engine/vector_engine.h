// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ENGINE_VECTOR_ENGINE_H
#define ANDA_ENGINE_VECTOR_ENGINE_H

#include <cstdint>

#include <anda/base/activity.h>
#include <anda/control/controller_counts.h>
#include <anda/dataflow/vector_plan.h>
#include <anda/dma/dma.h>
#include <anda/mxu/array_block.h>
#include <anda/vector_unit/vector_unit.h>

namespace anda {

/// Starts DMA and vector unit on the steps of a vector operation, the same at every level: nothing else moves
/// meanwhile, so that the pace of the vector unit is known in advance.
///
/// The operands of the next step load while the vector unit works on one; results go to memory before operands take
/// their half.
class VectorEngine {
 public:
  VectorEngine(VectorUnit& vector_unit, Dma& dma, ArrayBlock& array)
      : vector_unit_(vector_unit), dma_(dma), array_(array) {}

  /// Whether the machine has what it needs.
  bool is_there() const { return vector_unit_.has_operands(); }

  /// Runs an operation from now on, cycle 0 of the clock, as GemmEngine::run() does a GeMM. `ahead_of_gemm`: weights to
  /// load behind its operands; nullptr: none. The weight buffer is free.
  void run(VectorPlan& plan, ControllerCounts& counts, const WeightsAhead* ahead_of_gemm = nullptr);

  void observe(ActivityObserver* observer) { observer_ = observer; }

 private:
  VectorUnit& vector_unit_;
  Dma& dma_;
  ArrayBlock& array_;
  ActivityObserver* observer_ = nullptr;
};

}  // namespace anda

#endif
