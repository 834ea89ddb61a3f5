// SPDX-License-Identifier: Apache-2.0
#include "llm/decoder_layer.h"

#include <fmt/format.h>

#include <cstring>

namespace anda::sim {

std::string head_name(const Checkpoint& checkpoint) {
  const std::string of_part = "language_model.lm_head";
  return checkpoint.has(of_part + ".weight") ? of_part : "lm_head";
}

LayerReader::LayerReader(const DecoderConfig& config, const Checkpoint& checkpoint, const WeightRounding& rounding)
    : config_(config),
      checkpoint_(checkpoint),
      linear_(checkpoint, config.quantisation, rounding),
      prefix_(config.shape.gated ? "model." : "model.decoder.") {
  const std::string embedding = "embed_tokens.weight";
  // The checkpoint may be of a bare model, or of a model with several parts.
  const std::string bare = prefix_.substr(std::strlen("model."));
  for (const std::string& other : {prefix_, bare, "language_model." + prefix_, "model.language_model." + bare}) {
    if (!checkpoint.has(other + embedding)) continue;
    prefix_ = other;
    break;
  }
}

NormWeights LayerReader::norm(const std::string& name, std::size_t width) const {
  NormWeights norm;
  norm.weight = checkpoint_.read(name + ".weight", {width});
  if (config_.norms_add_one) {
    for (float& weight : norm.weight) weight += 1;
  }
  if (config_.shape.norm == Norm::layer_norm) norm.bias = checkpoint_.read(name + ".bias", {width});
  return norm;
}

Linear LayerReader::head() const {
  return linear_.read_plain(head_name(checkpoint_), config_.shape.hidden_size, config_.vocabulary, false);
}

void LayerReader::read_attention(const std::string& name, DecoderLayer& layer) const {
  const ModelShape& shape = config_.shape;
  const std::string attention = name + "self_attn.";
  if (config_.fused) {
    const Linear all = linear_.read(attention + "qkv_proj", shape.hidden_size,
                                    shape.query_width() + 2 * shape.kv_width(), config_.attention_bias);
    layer.q = part_of(all, 0, shape.query_width());
    layer.k = part_of(all, shape.query_width(), shape.kv_width());
    layer.v = part_of(all, shape.query_width() + shape.kv_width(), shape.kv_width());
  } else {
    layer.q = linear_.read(attention + "q_proj", shape.hidden_size, shape.query_width(), config_.attention_bias);
    layer.k = linear_.read(attention + "k_proj", shape.hidden_size, shape.kv_width(), config_.attention_bias);
    layer.v = linear_.read(attention + "v_proj", shape.hidden_size, shape.kv_width(), config_.attention_bias);
  }
  layer.o = linear_.read(attention + (shape.gated ? "o_proj" : "out_proj"), shape.query_width(), shape.hidden_size,
                         config_.output_bias);
  if (shape.head_norms) {
    layer.query_norm = norm(attention + "q_norm", shape.head_dim);
    layer.key_norm = norm(attention + "k_norm", shape.head_dim);
  }
}

void LayerReader::read_feed_forward(const std::string& name, DecoderLayer& layer) const {
  const ModelShape& shape = config_.shape;
  const std::size_t hidden = shape.hidden_size;
  const std::size_t inner = shape.intermediate_size;
  const bool bias = config_.feed_forward_bias;
  if (!shape.gated) {
    layer.up = linear_.read(name + "fc1", hidden, inner, bias);
    layer.down = linear_.read(name + "fc2", inner, hidden, bias);
    return;
  }
  if (config_.fused) {
    const Linear both = linear_.read(name + "mlp.gate_up_proj", hidden, 2 * inner, bias);
    layer.gate = part_of(both, 0, inner);
    layer.up = part_of(both, inner, inner);
  } else {
    layer.gate = linear_.read(name + "mlp.gate_proj", hidden, inner, bias);
    layer.up = linear_.read(name + "mlp.up_proj", hidden, inner, bias);
  }
  layer.down = linear_.read(name + "mlp.down_proj", inner, hidden, bias);
}

void LayerReader::read_norms(const std::string& name, DecoderLayer& layer) const {
  const ModelShape& shape = config_.shape;
  const std::size_t hidden = shape.hidden_size;
  const bool norms_after = shape.norms_per_layer == 4;
  if (!shape.gated) {
    layer.attention_norm = norm(name + "self_attn_layer_norm", hidden);
    layer.feed_forward_norm = norm(name + "final_layer_norm", hidden);
    return;
  }
  layer.attention_norm = norm(name + "input_layernorm", hidden);
  layer.feed_forward_norm =
      norm(name + (norms_after ? "pre_feedforward_layernorm" : "post_attention_layernorm"), hidden);
  if (!norms_after) return;
  layer.after_attention = norm(name + "post_attention_layernorm", hidden);
  layer.after_feed_forward = norm(name + "post_feedforward_layernorm", hidden);
}

DecoderLayer LayerReader::layer(std::size_t index) const {
  const std::string name = fmt::format("{}layers.{}.", prefix_, index);
  DecoderLayer layer;
  read_attention(name, layer);
  read_feed_forward(name, layer);
  read_norms(name, layer);
  return layer;
}

}  // namespace anda::sim
