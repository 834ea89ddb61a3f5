// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_DATAFLOW_VECTOR_TASK_H
#define ANDA_DATAFLOW_VECTOR_TASK_H

#include <cstdint>

#include <anda/base/describe.h>
#include <anda/dataflow/gemm_task.h>
#include <anda/numeric/activation_format.h>
#include <anda/numeric/weight_format.h>

namespace anda {

/// Operation that the vector unit runs between GeMMs. Descriptors hold its number.
enum class VectorOperation : std::uint32_t {
  copy,        ///< y = x, into another format or place
  add,         ///< y = x + second
  layer_norm,  ///< y = (x − mean) / √(variance + ε) · γ + β, row by row
  rms_norm,    ///< y = x / √(mean of x² + ε) · γ, row by row
  rotary,      ///< rotates pairs of elements by the angle of their position
  softmax,     ///< y = exp(x − max) / Σ exp(x − max), row by row
  relu,        ///< y = max(x, 0)
  gelu,        ///< y = x · Φ(x), in its tanh form
  silu,        ///< y = x / (1 + exp(−x))
  gated_gelu,  ///< y = gelu(x) · second
  gated_silu,  ///< y = silu(x) · second
  quantise,    ///< groups of integers with one scale each, in the format VectorTask::weights
  multiply,    ///< y = x · second, [m × k] · [k × n], a GeMM without the array
  sigmoid,     ///< y = 1 / (1 + exp(−x))
  top_k,       ///< y = x where x is among the largest of its row, else 0
};

inline constexpr ChoiceTable<VectorOperation, 15> vector_operations{{{"copy", VectorOperation::copy},
                                                                     {"add", VectorOperation::add},
                                                                     {"layer_norm", VectorOperation::layer_norm},
                                                                     {"rms_norm", VectorOperation::rms_norm},
                                                                     {"rotary", VectorOperation::rotary},
                                                                     {"softmax", VectorOperation::softmax},
                                                                     {"relu", VectorOperation::relu},
                                                                     {"gelu", VectorOperation::gelu},
                                                                     {"silu", VectorOperation::silu},
                                                                     {"gated_gelu", VectorOperation::gated_gelu},
                                                                     {"gated_silu", VectorOperation::gated_silu},
                                                                     {"quantise", VectorOperation::quantise},
                                                                     {"multiply", VectorOperation::multiply},
                                                                     {"sigmoid", VectorOperation::sigmoid},
                                                                     {"top_k", VectorOperation::top_k}}};

/// Whether the operation takes a second operand of the same shape.
constexpr bool takes_second(VectorOperation operation) {
  return operation == VectorOperation::add || operation == VectorOperation::gated_gelu ||
         operation == VectorOperation::gated_silu;
}

/// One operation of the vector unit on rows of FP16 values.
struct VectorTask {
  VectorOperation operation = VectorOperation::copy;
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;  ///< of the result
  std::uint32_t depth = 0;    ///< `multiply`: columns of x; `top_k`: values kept per row; otherwise 0
  ActivationFormat output;    ///< format of the result, except for `quantise`
  WeightFormat weights;       ///< format of the second operand (`multiply`) or of the result (`quantise`)
  LocalOperands local = {};
};

}  // namespace anda

#endif
