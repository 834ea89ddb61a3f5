// SPDX-License-Identifier: Apache-2.0
#include "workload/hugging_face.h"

#include <fmt/format.h>

#include <algorithm>
#include <anda/base/error.h>
#include <cstddef>
#include <optional>
#include <vector>

#include "files/json_file.h"
#include "text/nearest.h"
#include "text/text.h"
#include "workload/gemm.h"
#include "workload/gemm_limits.h"

namespace anda::sim {
namespace {

const std::vector<std::string>& model_types() {
  static const std::vector<std::string> types = {"opt", "llama", "mistral", "qwen2"};
  return types;
}

std::string model_type_of(const JsonFile& config) {
  const std::string type = config.text("model_type");
  const std::string supported = joined(model_types(), ", ");
  if (type.empty()) {
    throw config.error(
        fmt::format("key model_type is missing: is this a model's config.json? Supported types: {}", supported));
  }
  if (std::find(model_types().begin(), model_types().end(), type) == model_types().end()) {
    throw config.error(fmt::format("key model_type: {} is not supported{}; supported: {}", shown(type),
                                   did_you_mean(type, model_types()), supported));
  }
  return type;
}

/// The model's own name, or that of the folder: files of a model repository are all called config.json.
std::string name_of(const JsonFile& config, const std::string& path) {
  std::string name = config.text("_name_or_path");
  if (name.empty()) {
    name = path;
    const std::size_t file = name.rfind('/');
    if (file != std::string::npos && file > 0) name.erase(file);
  }
  while (name.size() > 1 && name.back() == '/') name.pop_back();
  return name.substr(name.rfind('/') + 1);
}

}  // namespace

ModelShape read_hugging_face_config(const std::string& path) {
  const JsonFile config(path);
  const std::string type = model_type_of(config);
  const bool opt = type == "opt";

  ModelShape shape;
  shape.name = name_of(config, path);
  shape.gated = !opt;
  shape.hidden_size = config.number("hidden_size", max_gemm_dimension);
  shape.intermediate_size = config.number(opt ? "ffn_dim" : "intermediate_size", max_gemm_dimension);
  shape.layers = config.number("num_hidden_layers", max_layer + 1);
  shape.heads = config.number("num_attention_heads", max_gemm_dimension);
  shape.kv_heads = shape.heads;
  std::optional<std::uint64_t> head_dim;
  if (!opt) {
    shape.kv_heads = config.optional_number("num_key_value_heads", max_gemm_dimension).value_or(shape.heads);
    head_dim = config.optional_number("head_dim", max_gemm_dimension);
  }
  if (!head_dim && shape.hidden_size % shape.heads != 0) {
    throw config.error(
        fmt::format("key num_attention_heads: {} heads don't divide hidden_size {}", shape.heads, shape.hidden_size));
  }
  shape.head_dim = head_dim.value_or(shape.hidden_size / shape.heads);
  if (shape.heads % shape.kv_heads != 0) {
    throw config.error(fmt::format("key num_key_value_heads: {} heads can't share {} key/value heads evenly",
                                   shape.heads, shape.kv_heads));
  }
  const std::string problem = problem_of(shape);
  if (!problem.empty()) throw config.error(problem);
  return shape;
}

}  // namespace anda::sim
