// SPDX-License-Identifier: Apache-2.0
#include "workload/hugging_face.h"

#include <fmt/format.h>

#include <anda/base/error.h>
#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "files/json_file.h"
#include "text/text.h"
#include "workload/gemm.h"
#include "workload/gemm_limits.h"
#include "workload/shape_keys.h"

namespace anda::sim {
namespace {

constexpr std::uint64_t most_positions = std::uint64_t{1} << 40;

/// A type of model with what its files may leave out (transformers' configuration_*.py).
struct Family {
  const char* type;
  const char* intermediate_key;
  const char* foreign_key;  ///< what other families call the same
  std::uint64_t hidden_size;
  std::uint64_t intermediate_size;
  std::uint64_t layers;
  std::uint64_t heads;
  std::uint64_t kv_heads;  ///< 0: as many as heads
  std::uint64_t positions;
  bool gated;
};

constexpr std::array<Family, 4> families{{
    {"opt", "ffn_dim", "intermediate_size", 768, 3072, 12, 12, 0, 2048, false},
    {"llama", "intermediate_size", "ffn_dim", 4096, 11008, 32, 32, 0, 2048, true},
    {"mistral", "intermediate_size", "ffn_dim", 4096, 14336, 32, 32, 8, 131072, true},
    {"qwen2", "intermediate_size", "ffn_dim", 4096, 22016, 32, 32, 32, 32768, true},
}};

/// Letters and digits in lower case: what is another family is more than another way to write it.
std::string bare(const std::string& text) {
  std::string letters;
  for (const char c : lower_case(text)) {
    if (c != '-' && c != '_' && c != ' ') letters += c;
  }
  return letters;
}

const Family& family_of(const JsonFile& config) {
  const std::string type = config.text("model_type");
  std::vector<std::string> types;
  std::string hint;
  for (const Family& family : families) {
    if (type == family.type) return family;
    types.emplace_back(family.type);
    if (bare(type) == bare(family.type)) hint = fmt::format("; did you mean `{}`?", family.type);
  }
  const std::string supported = joined(types, ", ");
  if (type.empty()) {
    throw config.error(
        fmt::format("key model_type is missing: is this a model's config.json? Supported types: {}", supported));
  }
  throw config.error(fmt::format("key model_type: {} is not supported{}; supported: {}", shown(type), hint, supported));
}

/// Reads numbers and remembers those that the family gave.
class Numbers {
 public:
  explicit Numbers(const JsonFile& config) : config_(config) {}

  std::uint64_t number(const char* key, std::uint64_t max, std::uint64_t of_family) {
    const auto found = config_.root().find(key);
    if (found != config_.root().end()) {
      if (found->is_null()) throw config_.error(fmt::format("key {} is null; must be a whole number 1 … {}", key, max));
      return config_.number(key, max);
    }
    defaults_ += fmt::format("{}{} = {}", defaults_.empty() ? "" : ", ", key, of_family);
    return of_family;
  }

  const std::string& defaults() const { return defaults_; }

 private:
  const JsonFile& config_;
  std::string defaults_;
};

/// A file without the key is one of the family, null says that the heads share nothing.
std::uint64_t kv_heads_of(const JsonFile& config, const Family& family, std::uint64_t heads, Numbers& numbers) {
  constexpr const char* key = "num_key_value_heads";
  const auto found = config.root().find(key);
  const bool is_heads = found == config.root().end() ? family.kv_heads == 0 : found->is_null();
  return is_heads ? heads : numbers.number(key, max_gemm_dimension, family.kv_heads);
}

void refuse_foreign_width(const JsonFile& config, const Family& family, std::uint64_t width) {
  const auto foreign = config.root().find(family.foreign_key);
  if (foreign == config.root().end() || foreign->is_null() || *foreign == width) return;
  throw config.error(fmt::format("key {}: is that of another family; a model of type {} has {}", family.foreign_key,
                                 family.type, family.intermediate_key));
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
  const Family& family = family_of(config);
  refuse_other_shapes(config);

  Numbers numbers(config);
  ModelShape shape;
  shape.name = name_of(config, path);
  shape.gated = family.gated;
  shape.hidden_size = numbers.number("hidden_size", max_gemm_dimension, family.hidden_size);
  shape.intermediate_size = numbers.number(family.intermediate_key, max_gemm_dimension, family.intermediate_size);
  refuse_foreign_width(config, family, shape.intermediate_size);
  shape.layers = numbers.number("num_hidden_layers", max_layer + 1, family.layers);
  shape.heads = numbers.number("num_attention_heads", max_gemm_dimension, family.heads);
  shape.kv_heads = kv_heads_of(config, family, shape.heads, numbers);
  shape.positions = config.optional_number("max_position_embeddings", most_positions).value_or(family.positions);
  shape.defaults = numbers.defaults();
  std::optional<std::uint64_t> head_dim;
  if (family.gated) head_dim = config.optional_number("head_dim", max_gemm_dimension);
  if (!head_dim && shape.hidden_size % shape.heads != 0) {
    throw config.error(
        fmt::format("key num_attention_heads: {} heads don't divide hidden_size {}", shape.heads, shape.hidden_size));
  }
  shape.head_dim = head_dim.value_or(shape.hidden_size / shape.heads);
  if (shape.heads % shape.kv_heads != 0) {
    const bool is_default = shape.defaults.find("num_key_value_heads") != std::string::npos;
    throw config.error(fmt::format(
        "key num_key_value_heads: {} heads can't share {} key/value heads evenly{}", shape.heads, shape.kv_heads,
        is_default ? fmt::format("; the file has none, and {} is the default of type {}", shape.kv_heads, family.type)
                   : ""));
  }
  const std::string problem = problem_of(shape);
  if (!problem.empty()) throw config.error(problem);
  return shape;
}

}  // namespace anda::sim
