// SPDX-License-Identifier: Apache-2.0
#include "system/inference_data_checks.h"

#include <anda/vector_unit/vector_values.h>
#include <fmt/format.h>

namespace anda::sim {

void check_model_data(const RunConfig& config, const ModelShape& shape) {
  if (shape.experts.count > 0) {
    throw Error::input(fmt::format(
        "functional.enabled is true, must be false with {}: which tokens its experts get is not computed", shape.name));
  }
  if (shape.latent) {
    throw Error::input(fmt::format(
        "functional.enabled is true, must be false with {}: its multi-head latent attention has no data", shape.name));
  }
  const CacheFormat& keys = config.kv_cache.k;
  if (!keys.is_fp16() && shape.head_dim % keys.group != 0) {
    throw Error::input(
        fmt::format("kv_cache.k.group is {}, must divide the {} elements of a head of {} with functional.enabled = "
                    "true: a group of keys is of one head",
                    keys.group, shape.head_dim, shape.name));
  }
}

void check_operation_data(const Gemm& gemm, const Work& work, const std::string& system,
                          const AcceleratorConfig& accelerator, const ModelShape& shape) {
  std::string problem;
  if (const auto* const vector = std::get_if<VectorTask>(&work)) {
    problem = VectorValues::problem_of(vector_plan_of(*vector, accelerator), shape.head_dim);
  } else {
    const auto& task = std::get<GemmTask>(work);
    const auto element = make_processing_element(accelerator.mxu, accelerator.format);
    const std::uint32_t group = accelerator.format.group_size;
    const std::uint32_t scale_group = task.weights.scale_group;
    if (element->converts_at_read() && scale_group % group != 0 && task.k > scale_group) {
      problem = fmt::format(
          "groups of {} elements that share a scale must hold whole ones of the {} "
          "(accelerator.format.group_size) whose activations are aligned together",
          scale_group, group);
    }
  }
  if (problem.empty()) return;
  throw Error::input(fmt::format("functional.enabled is true, must be false here: operation '{}', system {}: {}",
                                 gemm.name, system, problem));
}

}  // namespace anda::sim
