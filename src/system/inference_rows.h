// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_INFERENCE_ROWS_H
#define ANDA_SIM_SYSTEM_INFERENCE_ROWS_H

#include <anda/numeric/fp16.h>

#include <cstdint>
#include <string>
#include <vector>

#include "system/op_record.h"

namespace anda::sim {

/// An operation on all rows of a pass: the tensors that it reads and the one that it produces. If two operations
/// produce a tensor, the later result is kept.
struct RowOperation {
  const char* name;
  const char* x;
  const char* second;  ///< nullptr: none, or the weights
  const char* result;
};

/// Finds the operation of multi-head latent attention with this name; nullptr if there is none.
const RowOperation* latent_operation(const std::string& name);

/// Returns a product's task, whether it runs on the array or on the vector unit.
GemmTask product_of(const OpRecord& record);

/// Copies columns first … first + count − 1 of every row.
std::vector<Fp16> columns_of(const std::vector<Fp16>& values, std::uint64_t width, std::uint64_t first,
                             std::uint64_t count);

}  // namespace anda::sim

#endif
