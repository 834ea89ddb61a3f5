// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DATAFLOW_GEMM_TASK_H
#define ANDA_DATAFLOW_GEMM_TASK_H

#include <cstdint>

#include <anda/numeric/activation_format.h>
#include <anda/numeric/weight_format.h>

namespace anda {

/// Order of the loops over tiles, outermost first, and with it what stays on chip while the innermost loop runs.
enum class LoopOrder : std::uint32_t {
  nkm,  ///< weights stay, activations stream past
  mkn,  ///< activations stay, weights stream past
  mnk   ///< results stay, activations and weights stream past
};

/// Extents of a step: the part of a GeMM whose operands fill one half of the buffers.
struct StepShape {
  std::uint32_t m = 0;
  std::uint32_t n = 0;
  std::uint32_t k = 0;
  LoopOrder order = LoopOrder::nkm;
};

/// Operands that are in the local memory rather than in external memory.
struct LocalOperands {
  bool input = false;
  bool second = false;  ///< of a vector operation
  bool output = false;
};

/// One GeMM as the accelerator sees it: C[m × n] = A[m × k] · W[k × n].
struct GemmTask {
  std::uint32_t m = 0;
  std::uint32_t n = 0;
  std::uint32_t k = 0;
  ActivationFormat input;   ///< of A
  ActivationFormat output;  ///< of C
  WeightFormat weights;
  LocalOperands local = {};
};

/// Where the operands of a task lie in external memory.
struct GemmAddresses {
  std::uint64_t activations = 0;
  std::uint64_t weights = 0;
  std::uint64_t outputs = 0;
  std::uint64_t partial_sums = 0;
};

}  // namespace anda

#endif
