// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_INFERENCE_OPTIONS_H
#define ANDA_SIM_SYSTEM_INFERENCE_OPTIONS_H

#include "config/run_config.h"
#include "system/op_record.h"
#include "workload/inference.h"

namespace anda::sim {

/// Returns a configuration's inference options for workload.scope layer or model. Throws Error (input) for an invalid
/// expert_load file.
InferenceOptions inference_options(const RunConfig& config);

/// Positions from 1 on at which precision.schedule changes the mantissa length of some layer's activations.
std::vector<std::uint64_t> length_changes(const PrecisionConfig& precision);

/// Returns the size of the inference, for the reports.
InferenceSize inference_size(const RunConfig& config);

/// Bytes of a model's weights in external memory, including the scales of their groups.
struct WeightBytes {
  double layer = 0;      ///< of a decoder layer, on average
  double embedding = 0;  ///< FP16
  double head = 0;       ///< 0 if it is tied to the embedding
  double experts = 0;    ///< routed experts of one layer that has them

  double total(std::uint64_t layers_run, bool whole_model) const;
};
WeightBytes weight_bytes(const RunConfig& config, const ModelShape& shape);

/// Throws Error (input) with both numbers if weights and cache of the inference exceed external memory.
void check_capacity(const RunConfig& config, const ModelShape& shape, const InferenceOptions& options);

}  // namespace anda::sim

#endif
