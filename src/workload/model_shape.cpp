// SPDX-License-Identifier: Apache-2.0
#include "workload/model_shape.h"

#include <fmt/format.h>

#include <anda/base/error.h>

#include "text/nearest.h"
#include "text/text.h"
#include "workload/gemm.h"
#include "workload/gemm_limits.h"

namespace anda::sim {

std::string problem_of(const ModelShape& shape) {
  const auto outside = [](const char* key, std::uint64_t value, std::uint64_t max) -> std::string {
    if (value >= 1 && value <= max) return "";
    return fmt::format("{} is {}; must be 1 … {}", key, value, max);
  };
  for (const std::string& problem : {
           outside("hidden_size", shape.hidden_size, max_gemm_dimension),
           outside("intermediate_size", shape.intermediate_size, max_gemm_dimension),
           outside("layers", shape.layers, max_layer + 1),
           outside("heads", shape.heads, max_gemm_dimension),
           outside("kv_heads", shape.kv_heads, max_gemm_dimension),
           outside("head_dim", shape.head_dim, max_gemm_dimension),
       }) {
    if (!problem.empty()) return problem;
  }
  if (shape.heads % shape.kv_heads != 0) {
    return fmt::format("{} attention heads can't share {} key/value heads evenly", shape.heads, shape.kv_heads);
  }
  if (shape.query_width() > max_gemm_dimension) {
    return fmt::format("{} heads of {} are wider than the largest GeMM, {}", shape.heads, shape.head_dim,
                       max_gemm_dimension);
  }
  return "";
}

const std::vector<ModelShape>& built_in_models() {
  static const std::vector<ModelShape> models = {
      // name, d, f, layers, heads, key/value heads, head width, gated
      {"OPT-1.3B", 2048, 8192, 24, 32, 32, 64, false},   {"OPT-2.7B", 2560, 10240, 32, 32, 32, 80, false},
      {"OPT-6.7B", 4096, 16384, 32, 32, 32, 128, false}, {"LLaMA-7B", 4096, 11008, 32, 32, 32, 128, true},
      {"LLaMA2-7B", 4096, 11008, 32, 32, 32, 128, true}, {"OPT-13B", 5120, 20480, 40, 40, 40, 128, false},
      {"LLaMA-13B", 5120, 13824, 40, 40, 40, 128, true}, {"LLaMA2-13B", 5120, 13824, 40, 40, 40, 128, true},
      {"OPT-30B", 7168, 28672, 48, 56, 56, 128, false},
  };
  return models;
}

const ModelShape& find_model(const std::string& name) {
  std::vector<std::string> names;
  for (const ModelShape& model : built_in_models()) {
    if (lower_case(model.name) == lower_case(name)) return model;
    names.push_back(model.name);
  }
  throw Error::input(
      fmt::format("unknown model {}{}; built in: {}", shown(name), did_you_mean(name, names), joined(names, ", ")));
}

}  // namespace anda::sim
