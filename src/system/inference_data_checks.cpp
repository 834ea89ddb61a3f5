// SPDX-License-Identifier: Apache-2.0
#include "system/inference_data_checks.h"

#include <anda/vector_unit/vector_values.h>
#include <fmt/format.h>

#include "system/inference_options.h"

namespace anda::sim {
namespace {

/// Groups of keys lie within one head: of the latents, or of the keys expanded from them.
void check_latents(const RunConfig& config, const ModelShape& shape) {
  const CacheFormat& keys = config.kv_cache.k;
  const LatentAttention& latent = shape.latent;
  const AttentionConfig& attention = config.workload.attention;
  if (keys.is_fp16()) return;
  if (attention.latent != LatentWay::expand && !attention.latent_copy) {
    throw Error::input(
        fmt::format("kv_cache.k.format is {}, must be fp16 with functional.enabled = true and absorbed latents ({}), "
                    "whose values would be read across the groups; or set workload.attention.latent_copy or "
                    "workload.attention.latent = expand",
                    keys.number.name(), shape.name));
  }
  for (const std::uint64_t width : {latent.kv_rank + latent.rope_dim, latent.nope_dim + latent.rope_dim}) {
    if (width % keys.group == 0) continue;
    throw Error::input(
        fmt::format("kv_cache.k.group is {}, must divide {} and {}, the widths of latents and keys of {}, with "
                    "functional.enabled = true",
                    keys.group, latent.kv_rank + latent.rope_dim, latent.nope_dim + latent.rope_dim, shape.name));
  }
}

}  // namespace

void check_model_data(const RunConfig& config, const ModelShape& shape) {
  const std::uint64_t layers = layers_of(shape, inference_options(config));
  bool has_experts = false;
  for (std::uint64_t layer = 0; layer < layers; ++layer) has_experts = has_experts || shape.experts.in_layer(layer);
  if (has_experts) {
    throw Error::input(fmt::format(
        "functional.enabled is true, must be false with {}: which tokens its experts get is not computed", shape.name));
  }
  if (shape.latent) {
    check_latents(config, shape);
    return;
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
    problem = VectorValues::problem_of(vector_plan_of(*vector, accelerator),
                                       shape.latent ? shape.latent.rope_dim : shape.head_dim);
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
