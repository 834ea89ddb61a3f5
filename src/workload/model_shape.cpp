// SPDX-License-Identifier: Apache-2.0
#include "workload/model_shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <anda/base/error.h>
#include <iterator>

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
      // name, d, f, layers, heads, key/value heads, head width, gated, positions
      {"OPT-1.3B", 2048, 8192, 24, 32, 32, 64, false, 2048},   {"OPT-2.7B", 2560, 10240, 32, 32, 32, 80, false, 2048},
      {"OPT-6.7B", 4096, 16384, 32, 32, 32, 128, false, 2048}, {"LLaMA-7B", 4096, 11008, 32, 32, 32, 128, true, 2048},
      {"LLaMA2-7B", 4096, 11008, 32, 32, 32, 128, true, 4096}, {"OPT-13B", 5120, 20480, 40, 40, 40, 128, false, 2048},
      {"LLaMA-13B", 5120, 13824, 40, 40, 40, 128, true, 2048}, {"LLaMA2-13B", 5120, 13824, 40, 40, 40, 128, true, 4096},
      {"OPT-30B", 7168, 28672, 48, 56, 56, 128, false, 2048},
  };
  return models;
}

namespace {

/// Whether a word is the name with letters left out or too many: other letters or digits are another family.
bool is_of_family(const std::string& word, const std::string& name) {
  const auto family = [](const std::string& text) { return lower_case(text.substr(0, text.find('-'))); };
  const auto digits = [](const std::string& text) {
    std::string only;
    std::copy_if(text.begin(), text.end(), std::back_inserter(only), [](char c) { return c >= '0' && c <= '9'; });
    return only;
  };
  const auto is_within = [](const std::string& part, const std::string& whole) {
    std::size_t at = 0;
    for (const char c : whole) at += at < part.size() && part[at] == c ? 1u : 0u;
    return at == part.size();
  };
  const std::string a = family(word);
  const std::string b = family(name);
  return digits(a) == digits(b) && (is_within(a, b) || is_within(b, a));
}

}  // namespace

const ModelShape& find_model(const std::string& name) {
  std::vector<std::string> names;
  std::vector<std::string> likely;
  for (const ModelShape& model : built_in_models()) {
    if (lower_case(model.name) == lower_case(name)) return model;
    names.push_back(model.name);
    if (is_of_family(name, model.name)) likely.push_back(model.name);
  }
  throw Error::input(
      fmt::format("unknown model {}{}; built in: {}", shown(name), did_you_mean(name, likely), joined(names, ", ")));
}

}  // namespace anda::sim
