// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <limits>

#include "workload/model_shape.h"

namespace anda::sim {
namespace {

/// A number of parameters whose sums and products saturate at 2^64 − 1.
class Count {
 public:
  Count(std::uint64_t value) : value_(value) {}  // NOLINT(google-explicit-constructor): a number is a count

  std::uint64_t value() const { return value_; }

  friend Count operator+(Count a, Count b) {
    std::uint64_t sum = 0;
    return __builtin_add_overflow(a.value_, b.value_, &sum) ? std::numeric_limits<std::uint64_t>::max() : sum;
  }
  friend Count operator*(Count a, Count b) {
    std::uint64_t product = 0;
    return __builtin_mul_overflow(a.value_, b.value_, &product) ? std::numeric_limits<std::uint64_t>::max() : product;
  }

 private:
  std::uint64_t value_;
};

/// Parameters of a linear layer.
Count linear(Count inputs, Count outputs, bool bias) { return inputs * outputs + (bias ? outputs : 0); }

Count norm(const ModelShape& shape) { return Count(shape.hidden_size) * (shape.norm == Norm::layer_norm ? 2 : 1); }

/// Parameters of one layer, as in DeepSeek: biases only in the down-projections of queries, keys and values.
Count latent_attention(const ModelShape& shape) {
  const LatentAttention& latent = shape.latent;
  const Count hidden = shape.hidden_size;
  const Count queries = latent.query_rank == 0 ? linear(hidden, shape.query_width(), false)
                                               : linear(hidden, latent.query_rank, shape.attention_bias) +
                                                     latent.query_rank +  // with its norm
                                                     linear(latent.query_rank, shape.query_width(), false);
  const Count keys_and_values =
      linear(hidden, latent.kv_rank + latent.rope_dim, shape.attention_bias) + latent.kv_rank +
      linear(latent.kv_rank, Count(shape.heads) * (latent.nope_dim + latent.value_dim), false);
  return queries + keys_and_values + linear(Count(shape.heads) * latent.value_dim, hidden, shape.output_bias);
}

Count attention(const ModelShape& shape) {
  if (shape.latent) return latent_attention(shape);
  const Count hidden = shape.hidden_size;
  return linear(hidden, shape.query_width(), shape.attention_bias) +
         Count(2) * linear(hidden, shape.kv_width(), shape.attention_bias) +
         linear(shape.query_width(), hidden, shape.output_bias) + (shape.head_norms ? 2 * shape.head_dim : 0);
}

Count feed_forward(const ModelShape& shape, std::uint64_t width, bool bias) {
  return Count(shape.gated ? 2 : 1) * linear(shape.hidden_size, width, bias) + linear(width, shape.hidden_size, bias);
}

/// Parameters of one layer with `routed` of its routed experts.
Count experts(const ModelShape& shape, std::uint64_t routed) {
  const Experts& experts = shape.experts;
  Count sum = linear(shape.hidden_size, experts.count, experts.router_bias) +
              Count(routed) * feed_forward(shape, experts.intermediate_size, false);
  if (experts.shared_size == 0) return sum;
  sum = sum + feed_forward(shape, experts.shared_size, false);
  return experts.shared_gate ? sum + shape.hidden_size : sum;
}

/// Parameters of the token and position tables, the output head, and the projections between them and the layers.
Count ends(const ModelShape& shape) {
  const bool is_projected = shape.embedding_size != 0 && shape.embedding_size != shape.hidden_size;
  const Count width = is_projected ? shape.embedding_size : shape.hidden_size;
  Count sum = Count(shape.vocabulary) * width;
  if (is_projected) sum = sum + Count(2) * width * shape.hidden_size;
  if (!shape.tied_embeddings) sum = sum + Count(shape.vocabulary) * width;
  if (shape.head_bias) sum = sum + shape.vocabulary;
  if (shape.position_kind == Positions::learned) {
    sum = sum + (Count(shape.positions) + shape.unused_positions) * shape.hidden_size;
  }
  return shape.final_norm ? sum + norm(shape) : sum;
}

}  // namespace

ParameterCount parameters_of(const ModelShape& shape) {
  std::uint64_t layers_with_experts = 0;
  for (std::uint64_t layer = 0; layer < shape.layers; ++layer) layers_with_experts += shape.experts.in_layer(layer);
  const std::uint64_t dense_layers = shape.layers - layers_with_experts;

  const Count common = ends(shape) + Count(shape.layers) * (attention(shape) + norm(shape) * shape.norms_per_layer) +
                       Count(dense_layers) * feed_forward(shape, shape.intermediate_size, shape.feed_forward_bias);
  const auto with = [&](std::uint64_t routed) { return common + Count(layers_with_experts) * experts(shape, routed); };
  return {with(shape.experts.count).value(), with(shape.experts.per_token).value()};
}

}  // namespace anda::sim
