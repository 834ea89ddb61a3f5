// SPDX-License-Identifier: Apache-2.0
// InferenceState's part for multi-head latent attention, expanded or absorbed as the workload says.

#include <algorithm>
#include <array>

#include "system/inference_rows.h"
#include "system/inference_state.h"

namespace anda::sim {
namespace {

using Values = std::vector<Fp16>;

constexpr std::array<RowOperation, 14> latent_operations{{
    {"qkv_proj", "normed", nullptr, "latent_qkv"},
    {"qkv_a_proj", "normed", nullptr, "qkv_a"},
    {"q_a_proj", "normed", nullptr, "q_a"},
    {"kv_a_proj", "normed", nullptr, "kv_a"},
    {"q_a_norm", "q_a", nullptr, "q_a"},
    {"q_proj", "query_input", nullptr, "q_both"},
    {"q_groups", "q_nope", nullptr, "q_nope"},
    {"q_nope_proj", "query_input", nullptr, "q_nope"},
    {"q_rope_proj", "query_input", nullptr, "q_rope"},
    {"kv_a_norm", "latent", nullptr, "latent"},
    {"q_rotary", "q_rope", nullptr, "q_rope"},
    {"k_rotary", "k_rope", nullptr, "k_rope"},
    {"latent_groups", "context", nullptr, "context"},
    {"kv_b_proj", "context", nullptr, "expanded"},
}};

void append_row(Values& rows, const Values& from, std::uint64_t width, std::uint64_t row, std::uint64_t first,
                std::uint64_t count) {
  const auto begin = from.begin() + static_cast<std::ptrdiff_t>(row * width + first);
  rows.insert(rows.end(), begin, begin + static_cast<std::ptrdiff_t>(count));
}

}  // namespace

const RowOperation* latent_operation(const std::string& name) {
  const auto found = std::find_if(latent_operations.begin(), latent_operations.end(),
                                  [&](const RowOperation& operation) { return operation.name == name; });
  return found == latent_operations.end() ? nullptr : &*found;
}

/// Splits a result that several operations read into its parts.
bool InferenceState::split_latents(const std::string& tensor, const Values& results, std::uint64_t width) {
  const LatentAttention& latent = shape_.latent;
  std::vector<std::pair<const char*, std::uint64_t>> parts;
  if (tensor == "latent_qkv" || tensor == "q_both") {
    parts = {{"q_nope", shape_.heads * latent.nope_dim}, {"q_rope", shape_.heads * latent.rope_dim}};
  } else if (tensor == "qkv_a") {
    parts = {{"q_a", latent.query_rank}};
  } else if (tensor != "kv_a") {
    return false;
  }
  if (tensor != "q_both") {
    parts.emplace_back("latent", latent.kv_rank);
    parts.emplace_back("k_rope", latent.rope_dim);
  }
  std::uint64_t first = 0;
  for (const auto& [name, count] : parts) {
    tensors_[name] = columns_of(results, width, first, count);
    first += count;
  }
  return true;
}

bool InferenceState::is_absorbed(std::uint64_t sequence) const { return absorbs(shape_, options_, slice_of(sequence)); }

/// Rows of the pass whose attention works directly on the latents.
std::vector<std::uint64_t> InferenceState::absorbed_rows() const {
  std::vector<std::uint64_t> rows;
  std::uint64_t row = 0;
  for (const Slice& slice : passes_.slices()) {
    const bool counts = absorbs(shape_, options_, slice);
    for (std::uint64_t i = 0; i < slice.tokens * slice.count; ++i, ++row) {
      if (counts) rows.push_back(row);
    }
  }
  return rows;
}

/// Multiplies each head by its part of the matrix that would expand keys or values.
void InferenceState::operands_of_absorption(const OpRecord& record, std::uint64_t head, Operands& operands) {
  const LatentAttention& latent = shape_.latent;
  const std::uint64_t width = latent.nope_dim + latent.value_dim;
  const bool is_query = operation_ == "query_absorb";
  const std::uint64_t columns = is_query ? latent.nope_dim : latent.kv_rank;
  const Values& from = tensors_.at(is_query ? "q_nope" : "attended");
  for (const std::uint64_t row : absorbed_rows()) {
    append_row(operands.x, from, shape_.heads * columns, row, head * columns, columns);
  }
  const std::string matrix = parameter_.substr(0, parameter_.rfind('.') + 1) + "kv_b_proj";
  const std::uint64_t first = head * width + (is_query ? 0 : latent.nope_dim);
  operands.weights = data_.part_of_weights(matrix, latent.kv_rank, shape_.heads * width, first,
                                           is_query ? latent.nope_dim : latent.value_dim, is_query,
                                           product_of(record).weights, operands.zeroed_weights);
}

void InferenceState::take_absorption(std::uint64_t head, const Values& results) {
  const LatentAttention& latent = shape_.latent;
  const bool is_query = operation_ == "query_absorb";
  const std::uint64_t columns = is_query ? latent.kv_rank : latent.value_dim;
  const std::uint64_t width = shape_.heads * columns;
  Values& whole = tensors_[is_query ? "q_latent" : "attention"];
  whole.resize(positions().size() * width);
  std::uint64_t at = 0;
  for (const std::uint64_t row : absorbed_rows()) {
    std::copy_n(results.begin() + static_cast<std::ptrdiff_t>(at++ * columns), columns,
                whole.begin() + static_cast<std::ptrdiff_t>(row * width + head * columns));
  }
}

/// Returns the latents of the whole contexts of sequences whose keys and values are expanded.
InferenceState::Values InferenceState::contexts(std::uint32_t layer) {
  const LatentAttention& latent = shape_.latent;
  Values rows;
  for (const std::uint64_t sequence : expanded_sequences()) {
    const Values& halves = cache_of(layer, sequence).keys.halves();
    const Values latents = columns_of(halves, latent.kv_rank + latent.rope_dim, 0, latent.kv_rank);
    rows.insert(rows.end(), latents.begin(), latents.end());
  }
  return rows;
}

std::vector<std::uint64_t> InferenceState::expanded_sequences() const {
  std::vector<std::uint64_t> sequences;
  for (const Slice& slice : passes_.slices()) {
    if (absorbs(shape_, options_, slice)) continue;
    for (std::uint64_t i = 0; i < slice.count; ++i) sequences.push_back(slice.sequence + i);
  }
  return sequences;
}

/// Stores keys and values of all heads in the layout of kv_b_proj: for each head its keys without positions, then its
/// values. All heads share the rotary key.
void InferenceState::expand(std::uint32_t layer, const Values& results) {
  const LatentAttention& latent = shape_.latent;
  const std::uint64_t head_width = latent.nope_dim + latent.value_dim;
  const std::uint64_t width = shape_.heads * head_width;
  expanded_.clear();
  std::uint64_t row = 0;
  for (const std::uint64_t sequence : expanded_sequences()) {
    const Slice& slice = slice_of(sequence);
    const Values& halves = cache_of(layer, sequence).keys.halves();
    Values keys;
    Values values;
    for (std::uint64_t token = 0; token < slice.start + slice.tokens; ++token, ++row) {
      for (std::uint64_t head = 0; head < shape_.heads; ++head) {
        append_row(keys, results, width, row, head * head_width, latent.nope_dim);
        append_row(keys, halves, latent.kv_rank + latent.rope_dim, token, latent.kv_rank, latent.rope_dim);
        append_row(values, results, width, row, head * head_width + latent.nope_dim, latent.value_dim);
      }
    }
    Cache cache{CacheData(config_.kv_cache.k, shape_.heads, latent.nope_dim + latent.rope_dim),
                CacheData(config_.kv_cache.v, shape_.heads, latent.value_dim)};
    cache.keys.add(keys);
    cache.values.add(values);
    expanded_.emplace(sequence, std::move(cache));
  }
}

/// Returns the queries of all heads for the latents, or of one head for expanded keys.
InferenceState::Values InferenceState::latent_queries(const CachePart& part, std::uint64_t sequence,
                                                      std::uint64_t head) const {
  const LatentAttention& latent = shape_.latent;
  const bool absorbed = is_absorbed(sequence);
  const Values& first = tensors_.at(absorbed ? "q_latent" : "q_nope");
  const std::uint64_t columns = absorbed ? latent.kv_rank : latent.nope_dim;
  const Values& second = tensors_.at("q_rope");
  Values rows;
  for (std::uint64_t query = 0; query < part.queries; ++query) {
    const std::uint64_t row = row_of(sequence, part.first + query);
    for (std::uint64_t at = absorbed ? 0 : head; at < (absorbed ? shape_.heads : head + 1); ++at) {
      append_row(rows, first, shape_.heads * columns, row, at * columns, columns);
      append_row(rows, second, shape_.heads * latent.rope_dim, row, at * latent.rope_dim, latent.rope_dim);
    }
  }
  return rows;
}

/// Returns rows of the pass as the cache stores them: the latent, then the rotary key that all heads share.
InferenceState::Values InferenceState::latent_rows(std::uint64_t row, std::uint64_t count, bool with_key) const {
  const LatentAttention& latent = shape_.latent;
  Values rows;
  for (std::uint64_t i = row; i < row + count; ++i) {
    append_row(rows, tensors_.at("latent"), latent.kv_rank, i, 0, latent.kv_rank);
    if (with_key) append_row(rows, tensors_.at("k_rope"), latent.rope_dim, i, 0, latent.rope_dim);
  }
  return rows;
}

}  // namespace anda::sim
