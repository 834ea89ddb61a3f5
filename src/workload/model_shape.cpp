// SPDX-License-Identifier: Apache-2.0
#include "workload/model_shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "workload/gemm.h"
#include "workload/gemm_limits.h"

namespace anda::sim {
namespace {

struct Bound {
  const char* key;
  std::uint64_t value;
  std::uint64_t least;
  std::uint64_t most;
};

std::string first_problem(const std::vector<Bound>& bounds) {
  for (const Bound& bound : bounds) {
    if (bound.value >= bound.least && bound.value <= bound.most) continue;
    return fmt::format("{} is {}; must be {} … {}", bound.key, bound.value, bound.least, bound.most);
  }
  return "";
}

std::string problem_of(const Experts& experts, std::uint64_t layers) {
  if (experts.count == 0) return "";
  return first_problem({{"experts", experts.count, 1, max_experts},
                        {"experts per token", experts.per_token, 1, experts.count},
                        {"the experts' intermediate_size", experts.intermediate_size, 1, max_gemm_dimension},
                        {"the shared experts' width", experts.shared_size, 0, max_gemm_dimension},
                        {"layers without experts", experts.dense_layers, 0, layers},
                        {"layers from one with experts to the next", experts.every, 1, max_layer + 1}});
}

std::string problem_of(const LatentAttention& latent, std::uint64_t heads) {
  if (!latent) return "";
  std::string problem = first_problem({{"rank of the queries", latent.query_rank, 0, max_gemm_dimension},
                                       {"rank of keys and values", latent.kv_rank, 1, max_gemm_dimension},
                                       {"width of a head with positions", latent.rope_dim, 1, max_gemm_dimension},
                                       {"width of a head without positions", latent.nope_dim, 1, max_gemm_dimension},
                                       {"width of a head's values", latent.value_dim, 1, max_gemm_dimension}});
  if (!problem.empty()) return problem;
  const std::uint64_t width = latent.nope_dim + latent.value_dim;
  if (heads * width <= max_gemm_dimension) return "";
  return fmt::format("keys and values of {} heads of {} together are wider than the largest GeMM, {}", heads, width,
                     max_gemm_dimension);
}

std::string problem_of_attention(const ModelShape& shape) {
  if (shape.heads % shape.kv_heads != 0) {
    return fmt::format("{} attention heads cannot share {} key/value heads evenly", shape.heads, shape.kv_heads);
  }
  std::string problem = problem_of(shape.latent, shape.heads);
  if (!problem.empty()) return problem;
  if (shape.query_width() > max_gemm_dimension) {
    return fmt::format("{} heads of {} are wider than the largest GeMM, {}", shape.heads,
                       shape.query_width() / shape.heads, max_gemm_dimension);
  }
  problem =
      first_problem({{"rotary_dim", shape.rotary_dim, 0, shape.head_dim}, {"window", shape.window, 0, max_positions}});
  if (!problem.empty()) return problem;
  if (!shape.windowed.empty() && shape.windowed.size() != shape.layers) {
    return fmt::format("windows are given for {} layers, but there are {}", shape.windowed.size(), shape.layers);
  }
  if (shape.window == 0 && std::count(shape.windowed.begin(), shape.windowed.end(), true) > 0) {
    return "layers have a sliding window, but its size is not given";
  }
  return "";
}

}  // namespace

std::string problem_of(const ModelShape& shape) {
  std::string problem = first_problem({
      {"hidden_size", shape.hidden_size, 1, max_gemm_dimension},
      {"intermediate_size", shape.intermediate_size, 1, max_gemm_dimension},
      {"layers", shape.layers, 1, max_layer + 1},
      {"heads", shape.heads, 1, max_gemm_dimension},
      {"kv_heads", shape.kv_heads, 1, max_gemm_dimension},
      {"head_dim", shape.head_dim, 1, max_gemm_dimension},
      {"vocabulary", shape.vocabulary, 0, max_gemm_dimension},
      {"embedding_size", shape.embedding_size, 0, max_gemm_dimension},
      {"positions", shape.positions, 0, max_positions},
      {"unused_positions", shape.unused_positions, 0, max_positions},
      {"norms_per_layer", shape.norms_per_layer, 0, 4},
  });
  if (problem.empty()) problem = problem_of_attention(shape);
  if (problem.empty()) problem = problem_of(shape.experts, shape.layers);
  if (!problem.empty()) return problem;
  if (parameters_of(shape).total <= max_parameters) return "";
  return fmt::format("the model has more than {} parameters", max_parameters);
}

}  // namespace anda::sim
