// SPDX-License-Identifier: Apache-2.0
// Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434): keys and values of all heads are products of one vector
// per token, the latent. The cache holds this latent and one rotary key shared by all heads.

#include "workload/inference.h"

namespace anda::sim {

CacheShape cache_shape(const ModelShape& shape, const InferenceOptions& options) {
  const LatentAttention& latent = shape.latent;
  if (!latent) return {shape.kv_heads, shape.head_dim, shape.head_dim};
  const bool has_copy = options.latent_copy && options.latent != LatentWay::expand;
  return {1, latent.kv_rank + latent.rope_dim, has_copy ? latent.kv_rank : 0};
}

/// Compares the multiply-accumulates of a head, over all pairs of queries and tokens.
bool absorbs(const ModelShape& shape, const InferenceOptions& options, const Slice& slice) {
  const LatentAttention& latent = shape.latent;
  if (!latent) return false;
  if (options.latent != LatentWay::automatic) return options.latent == LatentWay::absorb;
  const auto tokens = static_cast<double>(slice.tokens);
  const auto context = static_cast<double>(slice.start + slice.tokens);
  const auto matrices = static_cast<double>(latent.kv_rank * (latent.nope_dim + latent.value_dim));
  const auto wide = static_cast<double>(2 * latent.kv_rank + latent.rope_dim);
  const auto narrow = static_cast<double>(latent.nope_dim + latent.rope_dim + latent.value_dim);
  return tokens * matrices + tokens * context * wide < context * matrices + tokens * context * narrow;
}

void LayerOperations::latent_projections() {
  const LatentAttention& latent = shape_.latent;
  const std::uint64_t d = shape_.hidden_size;
  const std::uint64_t narrow = latent.kv_rank + latent.rope_dim;
  if (latent.query_rank == 0 && options_.fuse_projections) {
    gemm("qkv_proj", "A_qkv", d, shape_.query_width() + narrow, "");
    vector("q_groups", OpKind::attention_scores, VectorOperation::copy, tokens_, shape_.heads * latent.nope_dim,
           absorbed_ > 0 ? "A_qkv" : "A_q");
  } else if (latent.query_rank == 0) {
    latent_queries(d);
    gemm("kv_a_proj", "A_qkv", d, narrow, "");
  } else {
    if (options_.fuse_projections) {
      gemm("qkv_a_proj", "A_qkv", d, latent.query_rank + narrow, "");
    } else {
      gemm("q_a_proj", "A_qkv", d, latent.query_rank, "");
      gemm("kv_a_proj", "A_qkv", d, narrow, "");
    }
    vector("q_a_norm", OpKind::norm, VectorOperation::rms_norm, tokens_, latent.query_rank, "A_qkv");
    latent_queries(latent.query_rank);
  }
  vector("kv_a_norm", OpKind::norm, VectorOperation::rms_norm, tokens_, latent.kv_rank);
  vector("q_rotary", OpKind::rotary, VectorOperation::rotary, tokens_, shape_.heads * latent.rope_dim, "A_q");
  vector("k_rotary", OpKind::rotary, VectorOperation::rotary, tokens_, latent.rope_dim);
  if (absorbed_ == 0) return;
  Gemm& absorb = gemm("query_absorb", "A_qkv", latent.nope_dim, latent.kv_rank, "A_q");
  absorb.m = absorbed_;
  absorb.count = shape_.heads;
}

/// The columns without positions leave the array as operands, those with positions as FP16 for the rotation.
void LayerOperations::latent_queries(std::uint64_t inputs) {
  const LatentAttention& latent = shape_.latent;
  const char* const reader = absorbed_ > 0 ? "A_qkv" : "A_q";
  if (options_.fuse_projections) {
    gemm("q_proj", "A_qkv", inputs, shape_.query_width(), "");
    vector("q_groups", OpKind::attention_scores, VectorOperation::copy, tokens_, shape_.heads * latent.nope_dim,
           reader);
    return;
  }
  gemm("q_nope_proj", "A_qkv", inputs, shape_.heads * latent.nope_dim, reader);
  gemm("q_rope_proj", "A_qkv", inputs, shape_.heads * latent.rope_dim, "");
}

/// Expands keys and values of the contexts of slices that do not absorb, in the formats of the cache.
void LayerOperations::expand() {
  const LatentAttention& latent = shape_.latent;
  std::vector<Slice> contexts;
  for (const Slice& slice : slices_) {
    if (!absorbs(shape_, options_, slice))
      contexts.push_back({0, slice.start + slice.tokens, slice.count, false, slice.sequence});
  }
  for (const Span& span : spans_of(contexts)) {
    work_on(span);
    vector("latent_groups", OpKind::kv_append, VectorOperation::copy, tokens_, latent.kv_rank, "A_qkv");
    gemm("kv_b_proj", "A_qkv", latent.kv_rank, shape_.heads * (latent.nope_dim + latent.value_dim), "");
  }
  for (const Slice& context : contexts) {
    append("k_groups", SecondOperand::keys, context, shape_.heads * (latent.nope_dim + latent.rope_dim));
    append("v_groups", SecondOperand::values, context, shape_.heads * latent.value_dim);
  }
}

}  // namespace anda::sim
