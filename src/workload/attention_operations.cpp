// SPDX-License-Identifier: Apache-2.0
// The operations of a layer that a sequence adds: its tokens are appended to the cache and attend to it.

#include <algorithm>
#include <anda/base/math.h>

#include "workload/inference.h"

namespace anda::sim {
namespace {

/// Number of cached tokens in complete groups of a format.
std::uint64_t grouped(const CacheFormat& format, std::uint64_t tokens) {
  return format.is_fp16() ? 0 : format.formatted(tokens);
}

bool along_tokens(const CacheFormat& format) { return !format.is_fp16() && format.axis == CacheAxis::channel; }

}  // namespace

std::vector<CacheSegment> segments(const CacheFormat& format, const std::vector<BitsChange>& changes,
                                   std::uint64_t begin, std::uint64_t end) {
  std::vector<CacheSegment> list;
  CacheSegment segment{begin, begin, 0};
  const auto close = [&](std::uint64_t at) {
    segment.end = at;
    if (segment.tokens() > 0) list.push_back(segment);
    segment.begin = at;
  };
  for (const BitsChange& change : changes) {
    std::uint64_t at = change.position;
    if (along_tokens(format)) at = round_up(at, format.group_elements());
    if (at >= end) break;
    if (at > begin) close(at);
    segment.bits = change.bits;
  }
  close(end);
  return list;
}

const CacheFormat& LayerOperations::format_of(SecondOperand cached) const {
  return cached == SecondOperand::values ? options_.values : options_.keys;
}

const std::vector<BitsChange>& LayerOperations::changes_of(SecondOperand cached) const {
  return cached == SecondOperand::values ? options_.value_changes : options_.key_changes;
}

/// The operation that produces FP16 keys and values writes them to the cache itself.
void LayerOperations::append() {
  const CacheShape cached = cache_shape(shape_, options_);
  const bool is_latent = static_cast<bool>(shape_.latent);
  for (const Slice& slice : slices_) {
    append(is_latent ? "latent_append" : "k_append", SecondOperand::keys, slice, cached.heads * cached.key_width);
  }
  if (cached.value_width == 0) return;
  for (const Slice& slice : slices_) {
    append(is_latent ? "latent_copy_append" : "v_append", SecondOperand::values, slice,
           cached.heads * cached.value_width);
  }
}

void LayerOperations::append(const char* name, SecondOperand what, const Slice& slice, std::uint64_t width) {
  const CacheFormat& format = format_of(what);
  const std::uint64_t first = grouped(format, slice.start);
  const std::uint64_t end = grouped(format, slice.start + slice.tokens);
  for (const CacheSegment& part : segments(format, changes_of(what), first, end)) {
    const std::uint64_t tokens = part.tokens();
    Gemm& made = vector(name, OpKind::kv_append, VectorOperation::quantise, along_tokens(format) ? width : tokens,
                        along_tokens(format) ? tokens : width);
    made.second = what;
    made.weight_bits = part.bits;
    made.count = slice.count;
    made.cache = CachePart{slice.sequence, 0, 0, part.begin, part.end};
  }
}

LayerOperations::HeadShape LayerOperations::heads_of(const Slice& slice) const {
  const LatentAttention& latent = shape_.latent;
  if (!latent) return {shape_.kv_heads, shape_.heads / shape_.kv_heads, shape_.head_dim, shape_.head_dim};
  if (!absorbs(shape_, options_, slice)) {
    return {shape_.heads, 1, latent.nope_dim + latent.rope_dim, latent.value_dim};
  }
  return {1, shape_.heads, latent.kv_rank + latent.rope_dim, latent.kv_rank,
          options_.latent_copy ? SecondOperand::values : SecondOperand::latent};
}

void LayerOperations::attention(std::uint64_t window) {
  for (const Slice& slice : slices_) {
    for (std::uint64_t first = 0; first < slice.tokens;) {
      // Queries with different mantissa lengths form separate blocks.
      position_ = lengths_from(slice.start + first);
      std::uint64_t end = std::min(first + options_.query_block, slice.tokens);
      while (lengths_from(slice.start + end - 1) != position_) --end;
      attend(slice, first, end - first, window);
      first = end;
    }
  }
}

/// Multiplies queries of a sequence with all keys up to the last of them, for each head that shares keys.
void LayerOperations::attend(const Slice& slice, std::uint64_t first, std::uint64_t queries, std::uint64_t window) {
  const HeadShape heads = heads_of(slice);
  Block block;
  block.sequence = slice.sequence;
  block.first = slice.start + first;
  block.queries = queries;
  block.end = slice.start + (options_.causal ? first + queries : slice.tokens);
  const std::uint64_t oldest = slice.start + first + 1;
  block.begin = window == 0 || oldest <= window ? 0 : oldest - window;
  // Groups along the tokens are read as whole groups.
  const CacheFormat& values = format_of(heads.values);
  if (along_tokens(values)) block.begin -= block.begin % values.group_elements();
  block.rows = queries * heads.queries;
  block.count = slice.count * heads.count;

  score(block, heads);
  Gemm& softmax =
      vector("softmax", OpKind::softmax, VectorOperation::softmax, block.rows, block.end - block.begin, "A_p");
  softmax.count = block.count;
  softmax.second = heads.values;
  softmax.cache = block.part(block.begin, block.end);
  attend_values(slice, block, heads);
}

void LayerOperations::score(const Block& block, const HeadShape& heads) {
  for (const CacheSegment& part : segments(options_.keys, options_.key_changes, block.begin, block.end)) {
    Gemm& scores = gemm("scores", "A_q", heads.key_width, part.tokens(), "");
    scores.m = block.rows;
    scores.count = block.count;
    scores.kind = OpKind::attention_scores;
    scores.second = SecondOperand::keys;
    scores.weight_bits = part.bits;
    scores.cache = block.part(part.begin, part.end);
  }
}

/// Values of tokens in an incomplete group are FP16: they are multiplied separately and added, as are values of other
/// widths.
void LayerOperations::attend_values(const Slice& slice, const Block& block, const HeadShape& heads) {
  const CacheFormat& format = format_of(heads.values);
  const std::uint64_t stored =
      format.is_fp16() ? block.end
                       : std::max(block.begin, std::min(block.end, grouped(format, slice.start + slice.tokens)));
  std::vector<CacheSegment> parts;
  if (stored > block.begin) parts = segments(format, changes_of(heads.values), block.begin, stored);
  const std::size_t grouped_parts = parts.size();
  if (block.end > stored) parts.push_back({stored, block.end, 0});
  const char* const reader = parts.size() > 1 ? "" : "A_o";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const bool is_open = i == grouped_parts;
    Gemm& made = gemm(is_open ? "open_values" : "values", "A_p", parts[i].tokens(), heads.value_width, reader);
    made.m = block.rows;
    made.count = block.count;
    made.kind = OpKind::attention_values;
    made.second = is_open ? SecondOperand::fp16 : heads.values;
    made.weight_bits = parts[i].bits;
    made.cache = block.part(parts[i].begin, parts[i].end);
  }
  for (std::size_t i = 1; i < parts.size(); ++i) {
    Gemm& sum = vector("values_sum", OpKind::attention_values, VectorOperation::add, block.rows, heads.value_width,
                       i + 1 == parts.size() ? "A_o" : "");
    sum.count = block.count;
    sum.cache = block.part(block.begin, block.end);
  }
}

}  // namespace anda::sim
