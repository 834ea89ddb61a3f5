// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_DATA_GEMM_DATA_H
#define ANDA_SIM_DATA_GEMM_DATA_H

#include <anda/dataflow/gemm_task.h>
#include <anda/dataflow/tensor_image.h>
#include <anda/numeric/non_finite.h>

#include <string>
#include <vector>

#include "config/functional_config.h"
#include "data/data_errors.h"
#include "data/npy.h"
#include "workload/gemm.h"

namespace anda::sim {

/// The operands of a GeMM as given to a machine.
struct GemmData {
  std::vector<Fp16> activations;  ///< m × k, finite
  Array given_weights;            ///< k × n, before quantisation
  WeightTensor weights;
  std::uint64_t replaced_inputs = 0;  ///< infinities and NaNs among the activations
  std::uint64_t zeroed_weights = 0;   ///< non-zero weights that became 0
};

/// Reads or generates the operands of the GeMM in row `index` of the workload. Throws Error (input) with the GeMM, the
/// tensor and the file for invalid data.
GemmData gemm_data(const FunctionalConfig& config, const Gemm& gemm, std::uint64_t index, const GemmTask& task);

/// Quantises weights (k × n), column by column. Adds to `zeroed` the number of non-zero weights that became 0.
void quantise_columns(const Array& given, WeightTensor& weights, std::uint64_t& zeroed);

/// Throws Error (input) unless every weight times its scale is an FP16 number, as `system` requires.
void check_dequantised(const WeightTensor& weights, const Gemm& gemm, const std::string& system);

/// Compares results (m × n) with FP32. Sums in the order of the tensor, so the same input gives the same bits.
void compare(const GemmData& data, const std::vector<Fp16>& results, std::uint64_t m, DataErrors& errors);

}  // namespace anda::sim

#endif
