// SPDX-License-Identifier: Apache-2.0
// Family-specific keys of dense models.

#include <fmt/format.h>

#include "workload/families/family.h"

namespace anda::sim {
namespace {

constexpr const char* share_key = "partial_rotary_factor";

}  // namespace

void read_opt(ConfigReader& reader, ModelShape& shape) {
  reader.want_flag("layer_norm_elementwise_affine", true);
  shape.unused_positions = 2;
  shape.attention_bias = shape.output_bias = shape.feed_forward_bias = reader.flag("enable_bias", true);
  shape.final_norm = reader.flag("do_layer_norm_before", true) && !reader.flag("_remove_final_layer_norm", false);
  const std::uint64_t width = reader.size_or_null("word_embed_proj_dim", 0);
  if (width != shape.hidden_size) shape.embedding_size = width;
}

void read_gpt2(ConfigReader& reader, ModelShape& /*shape*/) { reader.want_flag("add_cross_attention", false); }

void read_gpt_neox(ConfigReader& reader, ModelShape& shape) {
  shape.attention_bias = shape.output_bias = reader.flag("attention_bias", true);
  shape.parallel_parts = reader.flag("use_parallel_residual", true);
  read_rotary(reader, shape, "rotary_pct", 0.25);
}

/// Attention and the feed-forward part share a norm; even the output head has a bias.
void read_phi(ConfigReader& reader, ModelShape& shape) {
  shape.parallel_parts = true;
  shape.norms_per_layer = 1;
  shape.head_bias = true;
  read_rotary(reader, shape, share_key, 0.5);
}

void read_plain(ConfigReader& reader, ModelShape& shape) { read_rotary(reader, shape, share_key, 1); }

void read_biased(ConfigReader& reader, ModelShape& shape) {
  shape.attention_bias = shape.output_bias = reader.flag("attention_bias", false);
  read_plain(reader, shape);
}

void read_llama(ConfigReader& reader, ModelShape& shape) {
  shape.feed_forward_bias = reader.flag("mlp_bias", false);
  read_biased(reader, shape);
}

}  // namespace anda::sim
