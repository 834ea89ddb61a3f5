// SPDX-License-Identifier: Apache-2.0
// Family-specific keys of mixture-of-experts models.

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <vector>

#include "text/text.h"
#include "workload/families/family.h"
#include "workload/gemm_limits.h"

namespace anda::sim {
namespace {

using nlohmann::json;

constexpr const char* per_token_key = "num_experts_per_tok";

/// Reads the number of experts and of experts per token. `per_token`: the family's default; 0: a file must give it.
void read_routing(ConfigReader& reader, const char* count_key, std::uint64_t count, std::uint64_t per_token,
                  Experts& experts) {
  experts.count = reader.size(count_key, count, max_experts);
  reader.refuse_others({"num_local_experts", "num_experts", "n_routed_experts"}, count_key, experts.count);
  if (per_token == 0 && (reader.is_absent(per_token_key) || reader.is_null(per_token_key))) {
    throw reader.error(per_token_key, fmt::format("is missing; must be a whole number 1 … {}", experts.count));
  }
  experts.per_token = reader.size(per_token_key, per_token, max_experts);
  if (experts.per_token > experts.count) {
    throw reader.error(per_token_key,
                       fmt::format("{} is more than {}, {}", experts.per_token, count_key, experts.count));
  }
}

/// A model in which no layer has experts is dense.
void drop_unused(ModelShape& shape) {
  for (std::uint64_t layer = 0; layer < shape.layers; ++layer) {
    if (shape.experts.in_layer(layer)) return;
  }
  shape.experts = {};
}

/// The layers in this list have no experts; only leading ones can be represented.
std::uint64_t first_dense_layers(const ConfigReader& reader, std::uint64_t layers) {
  constexpr const char* key = "mlp_only_layers";
  const json::array_t* list = reader.list(key, layers);
  if (list == nullptr) return 0;
  std::vector<bool> is_dense(layers, false);
  for (const json& layer : *list) {
    if (!layer.is_number_unsigned() || layer.get<std::uint64_t>() >= layers) {
      throw reader.error(key, fmt::format("must list layers 0 … {}", layers - 1));
    }
    is_dense[layer.get<std::uint64_t>()] = true;
  }
  const auto end = std::find(is_dense.begin(), is_dense.end(), false);
  if (std::find(end, is_dense.end(), true) != is_dense.end()) {
    throw reader.error(key, "lists layers other than the first, which is not supported");
  }
  return static_cast<std::uint64_t>(end - is_dense.begin());
}

void read_qwen_experts(ConfigReader& reader, ModelShape& shape, const Experts& of_family) {
  Experts& experts = shape.experts;
  read_routing(reader, "num_experts", of_family.count, of_family.per_token, experts);
  experts.intermediate_size = reader.size("moe_intermediate_size", of_family.intermediate_size);
  experts.every = reader.is_absent("decoder_sparse_step") ? 1 : reader.size("decoder_sparse_step", 1, max_layer + 1);
  experts.dense_layers = first_dense_layers(reader, shape.layers);
}

/// Reads the groups of experts that limit a token's choice. They decide which experts run, not how many, so shapes stay
/// the same.
void read_groups(ConfigReader& reader, Experts& experts) {
  constexpr const char* key = "n_group";
  constexpr const char* chosen_key = "topk_group";
  experts.groups = std::max<std::uint64_t>(reader.size_or_null(key, 0, max_experts), 1);
  if (experts.count % experts.groups != 0) {
    throw reader.error(key, fmt::format("{} groups do not divide {} experts", experts.groups, experts.count));
  }
  const std::uint64_t chosen = reader.size_or_null(chosen_key, 0, max_experts);
  experts.groups_per_token = chosen == 0 ? experts.groups : chosen;
  if (experts.groups_per_token > experts.groups) {
    throw reader.error(chosen_key,
                       fmt::format("{} is more than {}, {}", experts.groups_per_token, key, experts.groups));
  }
  const std::uint64_t reached = experts.groups_per_token * (experts.count / experts.groups);
  if (experts.per_token > reached) {
    throw reader.error(chosen_key, fmt::format("{} groups have {} experts, but {} is {}", experts.groups_per_token,
                                               reached, per_token_key, experts.per_token));
  }
}

/// Reads one of the allowed words from a key that may be missing.
std::string read_word(const ConfigReader& reader, const char* key, std::initializer_list<const char*> words,
                      const char* of_family) {
  if (reader.is_absent(key) || reader.is_null(key)) return of_family;
  std::string word = reader.file().text(key);
  if (std::find(words.begin(), words.end(), word) != words.end()) return word;
  throw reader.error(key, fmt::format("{} is not supported; must be one of {}", shown(word), fmt::join(words, ", ")));
}

/// Reads how router logits become scores, and which scores rank the groups.
void read_scores(const ConfigReader& reader, const char* scores, const char* method, Experts& experts) {
  experts.sigmoid = read_word(reader, "scoring_func", {"softmax", "sigmoid"}, scores) == "sigmoid";
  const std::string by = read_word(reader, "topk_method", {"greedy", "group_limited_greedy", "noaux_tc"}, method);
  experts.group_scores = by == "noaux_tc" ? 2 : by == "group_limited_greedy" ? 1 : 0;
}

struct DeepSeek {
  std::uint64_t experts, per_token, shared, intermediate, dense_layers;
  const char* scores;
  const char* method;
};

void read_deepseek(ConfigReader& reader, ModelShape& shape, const DeepSeek& of_family) {
  shape.attention_bias = shape.output_bias = reader.flag("attention_bias", false);
  read_rotary(reader, shape, "partial_rotary_factor", 1);
  Experts& experts = shape.experts;
  if (!reader.is_null("n_routed_experts")) {
    read_routing(reader, "n_routed_experts", of_family.experts, of_family.per_token, experts);
    read_groups(reader, experts);
    read_scores(reader, of_family.scores, of_family.method, experts);
    experts.intermediate_size = reader.size("moe_intermediate_size", of_family.intermediate);
    const std::uint64_t shared = reader.count("n_shared_experts", of_family.shared, max_experts);
    experts.shared_size = shared * experts.intermediate_size;
    if (experts.shared_size > max_gemm_dimension) {
      throw reader.error("n_shared_experts",
                         fmt::format("{} experts of {} together are wider than the largest GeMM, {}", shared,
                                     experts.intermediate_size, max_gemm_dimension));
    }
    experts.dense_layers =
        std::min(reader.count("first_k_dense_replace", of_family.dense_layers, max_layer + 1), shape.layers);
  }
  constexpr const char* every_key = "moe_layer_freq";
  const auto every = reader.file().optional_number(every_key, max_layer + 1);
  if (every.value_or(1) != 1) throw reader.error(every_key, fmt::format("{} is not supported; must be 1", *every));
  const std::uint64_t further = reader.count("num_nextn_predict_layers", 0, max_layer + 1);
  if (further != 0) {
    shape.left_out = fmt::format("{} layer{} that predict{} further tokens (num_nextn_predict_layers)", further,
                                 further == 1 ? "" : "s", further == 1 ? "s" : "");
  }
}

}  // namespace

void read_mixtral(ConfigReader& reader, ModelShape& shape) {
  read_plain(reader, shape);
  read_routing(reader, "num_local_experts", 8, 2, shape.experts);
  shape.experts.intermediate_size = shape.intermediate_size;
}

void read_qwen2_moe(ConfigReader& reader, ModelShape& shape) {
  read_plain(reader, shape);
  shape.attention_bias = reader.flag("qkv_bias", true);
  read_qwen_experts(reader, shape, {60, 4, 1408});
  shape.experts.shared_size = reader.size("shared_expert_intermediate_size", 5632);
  shape.experts.shared_gate = true;
  drop_unused(shape);
}

void read_qwen3_moe(ConfigReader& reader, ModelShape& shape) {
  read_biased(reader, shape);
  read_qwen_experts(reader, shape, {128, 8, 768});
  drop_unused(shape);
}

void read_deepseek_v2(ConfigReader& reader, ModelShape& shape) {
  read_deepseek(reader, shape, {64, 0, 2, 1407, 0, "softmax", "greedy"});
  drop_unused(shape);
}

void read_deepseek_v3(ConfigReader& reader, ModelShape& shape) {
  read_deepseek(reader, shape, {256, 8, 1, 2048, 3, "sigmoid", "noaux_tc"});
  shape.experts.router_bias = true;
  drop_unused(shape);
}

}  // namespace anda::sim
