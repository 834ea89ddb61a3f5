// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DATAFLOW_GEMM_TASK_H
#define ANDA_DATAFLOW_GEMM_TASK_H

#include <cstdint>

#include <anda/numeric/activation_format.h>
#include <anda/numeric/weight_format.h>

namespace anda {

/// Order of the loops over steps, outermost first. It determines which operand is stationary in the innermost loop.
enum class LoopOrder : std::uint32_t {
  nkm,  ///< weight-stationary: activations stream past
  mkn,  ///< activation-stationary: weights stream past
  mnk   ///< output-stationary: activations and weights stream past
};

/// Shape of a step, the part of a GeMM whose operands fill one half of the buffers, and the order of the steps.
struct StepShape {
  std::uint32_t m = 0;
  std::uint32_t n = 0;
  std::uint32_t k = 0;
  LoopOrder order = LoopOrder::nkm;
};

/// Which operands are in the local memory instead of external memory.
struct LocalOperands {
  bool input = false;
  bool second = false;  ///< second operand of a vector operation
  bool output = false;
};

/// One GeMM: C[m × n] = A[m × k] · W[k × n].
struct GemmTask {
  std::uint32_t m = 0;
  std::uint32_t n = 0;
  std::uint32_t k = 0;
  ActivationFormat input;   ///< format of A
  ActivationFormat output;  ///< format of C
  WeightFormat weights;
  LocalOperands local = {};
};

/// Byte addresses of a task's operands in external memory.
struct GemmAddresses {
  std::uint64_t activations = 0;
  std::uint64_t weights = 0;
  std::uint64_t outputs = 0;
  std::uint64_t partial_sums = 0;
};

}  // namespace anda

#endif
