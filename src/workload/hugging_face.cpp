// SPDX-License-Identifier: Apache-2.0
#include "workload/hugging_face.h"

#include <fmt/format.h>

#include <cstddef>
#include <vector>

#include "files/json_file.h"
#include "text/text.h"
#include "workload/families/config_reader.h"
#include "workload/families/family.h"
#include "workload/gemm.h"
#include "workload/gemm_limits.h"
#include "workload/shape_keys.h"

namespace anda::sim {
namespace {

/// Normalises a type name, dropping case and separators: another family differs in more than spelling.
std::string bare(const std::string& text) {
  std::string letters;
  for (const char c : lower_case(text)) {
    if (c != '-' && c != '_' && c != ' ') letters += c;
  }
  return letters;
}

const Family& family_of(const JsonFile& config, const std::string& type) {
  std::vector<std::string> types;
  std::string hint;
  for (const Family& family : families()) {
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

/// The model's own name, or the folder's, because all files of model repositories are called config.json.
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

/// Newer Gemma files use a separate key for the activation and keep the older one.
Activation activation_of(const ConfigReader& reader, const Family& family) {
  const char* key = family.keys.activation;
  std::string name = reader.file().text(key);
  if (name.empty()) name = reader.file().text(key = "hidden_act");
  if (name.empty()) return family.common.activation;
  if (name == "relu") return Activation::relu;
  if (name == "silu" || name == "swish") return Activation::silu;
  if (name.rfind("gelu", 0) == 0 || name == "quick_gelu") return Activation::gelu;
  throw reader.error(key, fmt::format("{} is not supported; must be relu, gelu or silu", shown(name)));
}

void read_sizes(ConfigReader& reader, const Family& family, ModelShape& shape) {
  const SizeKeys& keys = family.keys;
  const SizeDefaults& sizes = family.sizes;
  shape.hidden_size = reader.size(keys.hidden, sizes.hidden);
  reader.refuse_others({"hidden_size", "n_embd", "d_model"}, keys.hidden, shape.hidden_size);
  shape.intermediate_size = sizes.intermediate == 0 ? reader.size_or_null(keys.intermediate, 0)
                                                    : reader.size(keys.intermediate, sizes.intermediate);
  if (shape.intermediate_size == 0) shape.intermediate_size = 4 * shape.hidden_size;
  reader.refuse_others({"intermediate_size", "ffn_dim", "n_inner", "ffn_hidden_size"}, keys.intermediate,
                       shape.intermediate_size);
  shape.layers = reader.size(keys.layers, sizes.layers, max_layer + 1);
  reader.refuse_others({"num_hidden_layers", "n_layer", "n_layers", "num_layers"}, keys.layers, shape.layers);
  shape.heads = reader.size(keys.heads, sizes.heads);
  reader.refuse_others({"num_attention_heads", "n_head", "n_heads"}, keys.heads, shape.heads);
  read_heads(reader, family, shape);
  shape.vocabulary = reader.size("vocab_size", sizes.vocabulary);
  // If positions are not parameters, their number only states what the model was made for.
  const bool is_table = family.common.position_kind == Positions::learned;
  shape.positions = is_table ? reader.size(keys.positions, sizes.positions, max_positions)
                             : reader.file().optional_number(keys.positions, max_positions).value_or(sizes.positions);
}

ModelShape read_language_model(const JsonFile& config, const Family& family, bool tied) {
  refuse_other_shapes(config, family.type, family.understood);
  ConfigReader reader(config, family.type);
  ModelShape shape = family.common;
  read_sizes(reader, family, shape);
  shape.activation = activation_of(reader, family);
  shape.tied_embeddings = reader.flag("tie_word_embeddings", tied);
  family.read_own(reader, shape);
  read_windows(reader, family, shape);
  shape.defaults = reader.defaults();
  return shape;
}

/// Reads a model whose language part is a nested object of the file.
ModelShape read_part(const JsonFile& config, const Family& family) {
  refuse_other_shapes(config, family.type, family.understood);
  const JsonFile part = config.part(family.part);
  const std::string type = part.text("model_type");
  if (!type.empty() && type != family.part_type) {
    throw config.error(fmt::format("key {}: {} is not supported; must be {}", part.place_of("model_type"), shown(type),
                                   family.part_type));
  }
  for (const char* key : {"hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
                          "num_key_value_heads", "head_dim", "vocab_size"}) {
    if (config.root().contains(key) && (!part.root().contains(key) || part.root().at(key) != config.root().at(key))) {
      throw config.error(
          fmt::format("key {}: is not that of {}, which has the language model's sizes", key, family.part));
    }
  }
  const Family& language = family_of(config, family.part_type);
  ModelShape shape =
      read_language_model(part, language, config.flag("tie_word_embeddings", language.common.tied_embeddings));
  const auto vision = config.root().find("vision_config");
  if (vision != config.root().end() && !vision->is_null()) shape.left_out = "the vision part (vision_config)";
  return shape;
}

}  // namespace

ModelShape read_hugging_face_config(const std::string& path) {
  const JsonFile config(path);
  const Family& family = family_of(config, config.text("model_type"));
  ModelShape shape = family.part == nullptr ? read_language_model(config, family, family.common.tied_embeddings)
                                            : read_part(config, family);
  shape.name = name_of(config, path);
  const std::string problem = problem_of(shape);
  if (!problem.empty()) throw config.error(problem);
  return shape;
}

std::vector<std::string> hugging_face_types() {
  std::vector<std::string> types;
  for (const Family& family : families()) types.emplace_back(family.type);
  return types;
}

}  // namespace anda::sim
