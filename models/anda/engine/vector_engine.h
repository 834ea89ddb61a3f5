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

/// Starts the DMA and the vector unit on the steps of a vector operation, at every level alike: nothing else is active
/// meanwhile, so the pace of the vector unit is known in advance.
///
/// The operands of the next step load while the vector unit works on the current one; the results of a step go to
/// memory before the next operands fill its half.
class VectorEngine {
 public:
  VectorEngine(VectorUnit& vector_unit, Dma& dma, ArrayBlock& array)
      : vector_unit_(vector_unit), dma_(dma), array_(array) {}

  /// Whether the machine supports vector operations: the vector unit can read operands from the buffer.
  bool is_there() const { return vector_unit_.has_operands(); }

  /// Runs an operation that starts now, in cycle 0 of the clock, like GemmEngine::run(). `ahead_of_gemm`: weights to
  /// load after its operands; nullptr: none. The whole weight buffer is available for them.
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
