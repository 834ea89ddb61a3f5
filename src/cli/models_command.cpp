// SPDX-License-Identifier: Apache-2.0
#include "cli/models_command.h"

#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/command_line.h"
#include "text/characters.h"
#include "text/terminal.h"
#include "text/text.h"
#include "workload/gemm_generator.h"
#include "workload/hugging_face.h"
#include "workload/model_shape.h"

namespace anda::sim {
namespace {

using nlohmann::ordered_json;

constexpr const char* models_usage =
    "Usage: anda-sim models [--config FILE] [--json]\n"
    "\n"
    "Prints the built-in models, or the one of a Hugging Face config.json, with their\n"
    "shapes and parameter counts: in total, and active per token.\n"
    "\n";
constexpr const char* models_examples =
    "\n"
    "Examples:\n"
    "  anda-sim models\n"
    "  anda-sim models --config config.json --json\n";

/// Width of the feed-forward part; with experts, the number per token, their count and their width.
std::string width_of(const ModelShape& shape) {
  const Experts& experts = shape.experts;
  if (experts.count == 0) return fmt::format("{}", shape.intermediate_size);
  return fmt::format("{}/{}×{}", experts.per_token, experts.count, experts.intermediate_size);
}

/// Right-aligns a UTF-8 text by characters, which old releases of fmt do not count correctly.
std::string right(const std::string& text, std::size_t width) {
  std::size_t characters = 0;
  for (const char c : text) characters += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  return std::string(width > characters ? width - characters : 0, ' ') + text;
}

void print_table(std::ostream& out, const std::vector<ModelShape>& models) {
  out << "model             layers  hidden feed-forward    heads vocabulary    parameters\n";
  for (const ModelShape& shape : models) {
    const ParameterCount parameters = parameters_of(shape);
    const std::string heads =
        shape.latent ? fmt::format("{}, MLA", shape.heads) : fmt::format("{}/{}", shape.heads, shape.kv_heads);
    out << fmt::format("{:<17}{:>7}{:>8}{}{}{:>11}{:>14}\n", for_terminal(shape.name), shape.layers, shape.hidden_size,
                       right(width_of(shape), 13), right(heads, 9), shape.vocabulary, parameters.total);
    if (parameters.active != parameters.total) out << fmt::format("{:>65}{:>14}\n", "per token", parameters.active);
  }
}

const char* name_of(Activation activation) {
  if (activation == Activation::relu) return "relu";
  return activation == Activation::gelu ? "gelu" : "silu";
}

ordered_json experts_of(const Experts& experts) {
  if (experts.count == 0) return nullptr;
  return {{"count", experts.count},
          {"per_token", experts.per_token},
          {"intermediate_size", experts.intermediate_size},
          {"shared_size", experts.shared_size},
          {"shared_gate", experts.shared_gate},
          {"router_bias", experts.router_bias},
          {"scores", experts.sigmoid ? "sigmoid" : "softmax"},
          {"groups", experts.groups},
          {"groups_per_token", experts.groups_per_token},
          {"dense_layers", experts.dense_layers},
          {"every", experts.every}};
}

ordered_json latent_of(const LatentAttention& latent) {
  if (!latent) return nullptr;
  return {{"query_rank", latent.query_rank},
          {"kv_rank", latent.kv_rank},
          {"rope_dim", latent.rope_dim},
          {"nope_dim", latent.nope_dim},
          {"value_dim", latent.value_dim}};
}

ordered_json windows_of(const ModelShape& shape) {
  ordered_json layers = ordered_json::array();
  for (std::uint64_t layer = 0; layer < shape.layers; ++layer) {
    if (shape.window_of(layer) != 0) layers.push_back(layer);
  }
  return layers;
}

ordered_json json_of(const ModelShape& shape) {
  const ParameterCount parameters = parameters_of(shape);
  return {{"name", shape.name},
          {"layers", shape.layers},
          {"hidden_size", shape.hidden_size},
          {"intermediate_size", shape.intermediate_size},
          {"heads", shape.heads},
          {"kv_heads", shape.kv_heads},
          {"head_dim", shape.head_dim},
          {"vocabulary", shape.vocabulary},
          {"embedding_size", shape.embedding_size == 0 ? shape.hidden_size : shape.embedding_size},
          {"tied_embeddings", shape.tied_embeddings},
          {"positions", shape.positions},
          {"position_kind", shape.position_kind == Positions::learned ? "learned" : "rotary"},
          {"rotary_dim", shape.rotary_dim == 0 ? shape.head_dim : shape.rotary_dim},
          {"window", shape.window},
          {"windowed_layers", windows_of(shape)},
          {"gated", shape.gated},
          {"activation", name_of(shape.activation)},
          {"norm", shape.norm == Norm::layer_norm ? "layer_norm" : "rms_norm"},
          {"norms_per_layer", shape.norms_per_layer},
          {"head_norms", shape.head_norms},
          {"final_norm", shape.final_norm},
          {"parallel_parts", shape.parallel_parts},
          {"attention_bias", shape.attention_bias},
          {"output_bias", shape.output_bias},
          {"feed_forward_bias", shape.feed_forward_bias},
          {"head_bias", shape.head_bias},
          {"experts", experts_of(shape.experts)},
          {"latent_attention", latent_of(shape.latent)},
          {"parameters", {{"total", parameters.total}, {"active", parameters.active}}},
          {"defaults", shape.defaults},
          {"left_out", shape.left_out}};
}

boost::program_options::options_description models_options() {
  boost::program_options::options_description options("Options");
  options.add_options()                                                                             //
      ("config", boost::program_options::value<std::string>()->value_name("FILE"),                  //
       ("the config.json of a Hugging Face model: " + joined(hugging_face_types(), ", ")).c_str())  //
      ("json", "print JSON")                                                                        //
      ("help,h", "show this help");
  return options;
}

}  // namespace

CommandHelp models_help() { return {models_usage, models_options(), models_examples}; }

int models_command(const std::vector<std::string>& args, std::ostream& out) {
  const CommandHelp help = models_help();
  const CommandLine options("anda-sim models", help.options, args, {});
  if (options.has("help")) {
    print_help(out, help);
    return 0;
  }
  std::vector<ModelShape> models = built_in_models();
  if (options.has("config")) {
    if (options.text("config").empty()) options.refuse("option --config is empty");
    models = {read_hugging_face_config(options.text("config"))};
    // Only notes on what the file says, since there is no workload yet.
    for (const std::string& note : notes_on_file(models.front())) std::cerr << note_text(note, std::cerr);
  }
  if (options.has("json")) {
    ordered_json list = ordered_json::array();
    for (const ModelShape& shape : models) list.push_back(json_of(shape));
    out << ordered_json{{"models", list}}.dump(1) << "\n";
  } else {
    print_table(out, models);
  }
  return 0;
}

}  // namespace anda::sim
