// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_DATA_VECTOR_REFERENCE_H
#define ANDA_SIM_DATA_VECTOR_REFERENCE_H

#include <anda/dataflow/tensor_image.h>
#include <anda/dataflow/vector_task.h>
#include <anda/functional/vector_constants.h>

#include <vector>

namespace anda::sim {

/// Computes a vector operation in double precision on the same operands, row by row: the reference for a machine's
/// results. `second` has the shape of x if the operation has a second operand. Does not support `multiply`.
std::vector<double> vector_reference(const VectorTask& task, const VectorConstants& constants,
                                     const std::vector<Fp16>& x, const std::vector<Fp16>& second);

/// Computes x (m × k) times the second operand in the same way.
std::vector<double> product_reference(const std::vector<Fp16>& x, std::uint64_t m, const WeightTensor& second);

}  // namespace anda::sim

#endif
