// SPDX-License-Identifier: Apache-2.0
// InferenceState's part for the caches of keys and values, or of latents.

#include <fmt/format.h>

#include "system/compiler.h"
#include "system/inference_rows.h"
#include "system/inference_state.h"

namespace anda::sim {

InferenceState::Cache& InferenceState::cache_of(std::uint32_t layer, std::uint64_t sequence) {
  const auto found = caches_.find({layer, sequence});
  if (found != caches_.end()) return found->second;
  const CacheShape cached = cache_shape(shape_, options_);
  const CacheData keys(config_.kv_cache.k, cached.heads, cached.key_width);
  const CacheData values(config_.kv_cache.v, cached.heads, cached.value_width);
  return caches_.insert({{layer, sequence}, Cache{keys, values}}).first->second;
}

/// Adds the pass's tokens to the caches, and before a decode its context.
void InferenceState::fill_caches(std::uint32_t layer) {
  if (layer < cached_layers_) return;
  cached_layers_ = layer + 1;
  for (const Slice& slice : passes_.slices()) {
    for (std::uint64_t i = slice.sequence; i < slice.sequence + slice.count; ++i) {
      Cache& cache = cache_of(layer, i);
      if (options_.phase == Phase::decode) add_context(fmt::format("layer{}.context{}.", layer, i), slice.start, cache);
      const std::uint64_t row = row_of(i, slice.start);
      if (shape_.latent) {
        cache.keys.add(latent_rows(row, slice.tokens, true));
        cache.values.add(latent_rows(row, slice.tokens, false));
        continue;
      }
      cache.keys.add(rows_of("k", row, slice.tokens));
      cache.values.add(rows_of("v", row, slice.tokens));
    }
  }
}

InferenceState::Values InferenceState::rows_of(const char* tensor, std::uint64_t row, std::uint64_t count) const {
  const std::uint64_t width = shape_.kv_width();
  const auto first = tensors_.at(tensor).begin() + static_cast<std::ptrdiff_t>(row * width);
  return {first, first + static_cast<std::ptrdiff_t>(count * width)};
}

/// Adds the context that a decode starts with.
void InferenceState::add_context(const std::string& name, std::uint64_t tokens, Cache& cache) const {
  const LatentAttention& latent = shape_.latent;
  if (latent) {
    const std::uint64_t width = latent.kv_rank + latent.rope_dim;
    const Values latents = data_.context(name + "latents", tokens, width);
    cache.keys.add(latents);
    cache.values.add(columns_of(latents, width, 0, latent.kv_rank));
  } else {
    cache.keys.add(data_.context(name + "keys", tokens, shape_.kv_width()));
    cache.values.add(data_.context(name + "values", tokens, shape_.kv_width()));
  }
  cache.keys.encode(tokens, cache_operand(config_.kv_cache.k));
  if (!latent || options_.latent_copy) cache.values.encode(tokens, cache_operand(config_.kv_cache.v));
}

CacheData& InferenceState::appended_to(const Gemm& gemm, std::uint64_t run) {
  const std::uint64_t sequence = gemm.cache->sequence + run;
  const bool is_expanded = operation_ == "k_groups" || operation_ == "v_groups";
  Cache& cache = is_expanded ? expanded_.at(sequence) : cache_of(gemm.layer, sequence);
  return gemm.second == SecondOperand::keys ? cache.keys : cache.values;
}

}  // namespace anda::sim
