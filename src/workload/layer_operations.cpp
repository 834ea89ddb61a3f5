// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "workload/inference.h"

namespace anda::sim {
namespace {

constexpr const char* expert_prefix = "expert.";

/// Tokens of the cache that are in whole groups of a format.
std::uint64_t grouped(const CacheFormat& format, std::uint64_t tokens) {
  return format.is_fp16() ? 0 : format.formatted(tokens);
}

VectorOperation activation_of(Activation activation, bool gated) {
  switch (activation) {
    case Activation::relu:
      return VectorOperation::relu;
    case Activation::gelu:
      return gated ? VectorOperation::gated_gelu : VectorOperation::gelu;
    case Activation::silu:
      return gated ? VectorOperation::gated_silu : VectorOperation::silu;
  }
  return VectorOperation::copy;
}

/// Tokens by expert: `choices` in all, by the experts' shares, whole numbers by the largest remainders.
std::vector<std::uint64_t> spread(std::uint64_t choices, std::uint64_t experts, const std::vector<double>& load) {
  double sum = 0;
  for (const double share : load) sum += share;
  std::vector<std::uint64_t> tokens(experts);
  std::vector<std::pair<double, std::uint64_t>> left;
  std::uint64_t given = 0;
  for (std::uint64_t i = 0; i < experts; ++i) {
    const double exact =
        static_cast<double>(choices) * (load.empty() ? 1 / static_cast<double>(experts) : load[i] / sum);
    tokens[i] = static_cast<std::uint64_t>(exact);
    given += tokens[i];
    left.emplace_back(static_cast<double>(tokens[i]) - exact, i);
  }
  std::sort(left.begin(), left.end());
  for (std::uint64_t i = 0; given < choices; ++i, ++given) ++tokens[left[i % experts].second];
  return tokens;
}

}  // namespace

std::vector<Gemm> LayerOperations::of(std::uint32_t layer, const std::vector<Slice>& slices) {
  std::uint64_t tokens = 0;
  for (const Slice& slice : slices) tokens += slice.tokens * slice.count;
  start(layer, tokens, slices);
  fill();
  return std::move(list_);
}

std::vector<Gemm> LayerOperations::of_tokens(std::uint32_t layer, std::uint64_t tokens) {
  start(layer, tokens, {});
  fill();
  return std::move(list_);
}

std::vector<Gemm> LayerOperations::of_experts(std::uint32_t layer, std::uint64_t tokens, std::uint64_t first,
                                              std::uint64_t end) {
  start(layer, tokens, {});
  routed(first, end);
  return std::move(list_);
}

std::vector<Gemm> LayerOperations::of_slice(std::uint32_t layer, const Slice& slice) {
  start(layer, slice.tokens * slice.count, {slice});
  append();
  attention(shape_.window_of(layer));
  return std::move(list_);
}

void LayerOperations::start(std::uint32_t layer, std::uint64_t tokens, std::vector<Slice> slices) {
  layer_ = layer;
  tokens_ = tokens;
  slices_ = std::move(slices);
  list_.clear();
}

void LayerOperations::fill() {
  norm("attention_norm", "A_qkv");
  projections();
  append();
  attention(shape_.window_of(layer_));
  gemm(shape_.gated ? "o_proj" : "out_proj", "A_o", shape_.query_width(), shape_.hidden_size, "");
  if (shape_.norms_per_layer > 2) norm("post_attention_norm", "");
  residual("attention_residual");
  if (!shape_.parallel_parts) norm("feed_forward_norm", "A_u");
  if (shape_.experts.in_layer(layer_)) {
    experts();
  } else {
    feed_forward(tokens_, shape_.intermediate_size, "", 1);
  }
  if (shape_.norms_per_layer > 2) norm("post_feed_forward_norm", "");
  residual("feed_forward_residual");
}

Gemm& LayerOperations::gemm(const char* name, const char* tensor, std::uint64_t k, std::uint64_t n,
                            const char* reader) {
  Gemm& made = list_.emplace_back();
  made.name = name;
  made.layer = layer_;
  made.tensor = tensor;
  made.m = tokens_;
  made.k = k;
  made.n = n;
  made.reader = reader;
  return made;
}

Gemm& LayerOperations::vector(const char* name, OpKind kind, VectorOperation operation, std::uint64_t rows,
                              std::uint64_t columns, const char* reader) {
  Gemm& made = list_.emplace_back();
  made.name = name;
  made.layer = layer_;
  made.tensor = name_of(op_kinds, kind);
  made.m = rows;
  made.n = columns;
  made.kind = kind;
  made.vector = operation;
  made.reader = reader;
  return made;
}

void LayerOperations::norm(const char* name, const char* reader) {
  vector(name, OpKind::norm, shape_.norm == Norm::layer_norm ? VectorOperation::layer_norm : VectorOperation::rms_norm,
         tokens_, shape_.hidden_size, reader);
}

void LayerOperations::residual(const char* name) {
  vector(name, OpKind::residual, VectorOperation::add, tokens_, shape_.hidden_size);
}

/// Queries become Anda groups in the last operation before the scores.
void LayerOperations::projections() {
  const bool turns = shape_.position_kind == Positions::rotary;
  const bool last = !turns && !shape_.head_norms;
  const std::uint64_t d = shape_.hidden_size;
  if (options_.fuse_projections) {
    gemm("qkv_proj", "A_qkv", d, shape_.query_width() + 2 * shape_.kv_width(), "");
    if (last) vector("q_groups", OpKind::attention_scores, VectorOperation::copy, tokens_, shape_.query_width(), "A_q");
  } else {
    gemm("q_proj", "A_qkv", d, shape_.query_width(), last ? "A_q" : "");
    gemm("k_proj", "A_qkv", d, shape_.kv_width(), "");
    gemm("v_proj", "A_qkv", d, shape_.kv_width(), "");
  }
  if (shape_.head_norms) {
    vector("q_norm", OpKind::norm, VectorOperation::rms_norm, tokens_ * shape_.heads, shape_.head_dim,
           turns ? "" : "A_q");
    vector("k_norm", OpKind::norm, VectorOperation::rms_norm, tokens_ * shape_.kv_heads, shape_.head_dim);
  }
  if (!turns) return;
  vector("q_rotary", OpKind::rotary, VectorOperation::rotary, tokens_, shape_.query_width(), "A_q");
  vector("k_rotary", OpKind::rotary, VectorOperation::rotary, tokens_, shape_.kv_width());
}

/// FP16 keys and values are written into the cache by the operation that makes them.
void LayerOperations::append() {
  append("k_append", SecondOperand::keys, options_.keys);
  append("v_append", SecondOperand::values, options_.values);
}

void LayerOperations::append(const char* name, SecondOperand what, const CacheFormat& format) {
  if (format.is_fp16()) return;
  for (const Slice& slice : slices_) {
    const std::uint64_t begin = grouped(format, slice.start);
    const std::uint64_t end = grouped(format, slice.start + slice.tokens);
    const std::uint64_t tokens = end - begin;
    if (tokens == 0) continue;
    const bool along_tokens = format.axis == CacheAxis::channel;
    Gemm& made = vector(name, OpKind::kv_append, VectorOperation::quantise, along_tokens ? shape_.kv_width() : tokens,
                        along_tokens ? tokens : shape_.kv_width());
    made.second = what;
    made.count = slice.count;
    made.cache = CachePart{slice.sequence, 0, 0, begin, end};
  }
}

void LayerOperations::attention(std::uint64_t window) {
  for (const Slice& slice : slices_) {
    for (std::uint64_t first = 0; first < slice.tokens; first += options_.query_block) {
      attend(slice, first, std::min(options_.query_block, slice.tokens - first), window);
    }
  }
}

/// Some queries of a sequence against all keys up to the last of them, for each head that shares keys.
void LayerOperations::attend(const Slice& slice, std::uint64_t first, std::uint64_t queries, std::uint64_t window) {
  const std::uint64_t end = slice.start + (options_.causal ? first + queries : slice.tokens);
  const std::uint64_t oldest = slice.start + first + 1;
  std::uint64_t begin = window == 0 || oldest <= window ? 0 : oldest - window;
  // Groups along the tokens are read as a whole.
  if (!options_.values.is_fp16() && options_.values.axis == CacheAxis::channel) {
    begin -= begin % options_.values.group_elements();
  }
  const std::uint64_t rows = queries * (shape_.heads / shape_.kv_heads);
  const std::uint64_t count = slice.count * shape_.kv_heads;
  const CachePart part{slice.sequence, slice.start + first, queries, begin, end};

  Gemm& scores = gemm("scores", "A_q", shape_.head_dim, end - begin, "");
  scores.m = rows;
  scores.count = count;
  scores.kind = OpKind::attention_scores;
  scores.second = SecondOperand::keys;
  scores.cache = part;
  Gemm& softmax = vector("softmax", OpKind::softmax, VectorOperation::softmax, rows, end - begin, "A_p");
  softmax.count = count;
  softmax.cache = part;
  attend_values(slice, part);
}

/// Values of tokens whose group is not complete are FP16: they are multiplied apart and added.
void LayerOperations::attend_values(const Slice& slice, const CachePart& part) {
  const std::uint64_t rows = part.queries * (shape_.heads / shape_.kv_heads);
  const std::uint64_t count = slice.count * shape_.kv_heads;
  const CacheFormat& format = options_.values;
  const std::uint64_t whole = format.is_fp16() ? part.end : grouped(format, slice.start + slice.tokens);
  const std::uint64_t stored = std::clamp(whole, part.begin, part.end);
  const auto product = [&](const char* name, std::uint64_t begin, std::uint64_t end, SecondOperand second,
                           const char* reader) {
    if (begin == end) return;
    Gemm& made = gemm(name, "A_p", end - begin, shape_.head_dim, reader);
    made.m = rows;
    made.count = count;
    made.kind = OpKind::attention_values;
    made.second = second;
    made.cache = CachePart{part.sequence, part.first, part.queries, begin, end};
  };
  const bool both = part.begin < stored && stored < part.end;
  product("values", part.begin, stored, SecondOperand::values, both ? "" : "A_o");
  product("open_values", stored, part.end, SecondOperand::fp16, both ? "" : "A_o");
  if (!both) return;
  Gemm& sum = vector("values_sum", OpKind::attention_values, VectorOperation::add, rows, shape_.head_dim, "A_o");
  sum.count = count;
  sum.cache = part;
}

/// `count` feed-forward parts of this width, on so many tokens each.
void LayerOperations::feed_forward(std::uint64_t tokens, std::uint64_t width, const char* prefix, std::uint64_t count) {
  const std::size_t first = list_.size();
  const std::uint64_t d = shape_.hidden_size;
  if (shape_.gated && options_.fuse_projections) {
    gemm("gate_up_proj", "A_u", d, 2 * width, "");
  } else if (shape_.gated) {
    gemm("gate_proj", "A_u", d, width, "");
    gemm("up_proj", "A_u", d, width, "");
  } else {
    gemm("fc1", "A_u", d, width, "");
  }
  vector("activation", OpKind::activation, activation_of(shape_.activation, shape_.gated), tokens, width, "A_d");
  gemm(shape_.gated ? "down_proj" : "fc2", "A_d", width, d, "");
  for (std::size_t i = first; i < list_.size(); ++i) {
    list_[i].name = prefix + list_[i].name;
    list_[i].m = tokens;
    list_[i].count = count;
  }
}

/// The router chooses.
void LayerOperations::experts() {
  const Experts& experts = shape_.experts;
  Gemm& router = gemm("router", "A_u", shape_.hidden_size, experts.count, "");
  router.kind = OpKind::router;
  router.second = SecondOperand::fp16;
  vector("router_softmax", OpKind::router, VectorOperation::softmax, tokens_, experts.count);
  routed(0, experts.count);
  if (experts.shared_size > 0) feed_forward(tokens_, experts.shared_size, "shared_expert.", 1);
  // Each expert's result is weighed and added up.
  vector("expert_sum", OpKind::router, VectorOperation::add, tokens_ * experts.per_token, shape_.hidden_size);
}

/// Experts with as many tokens as each other run one after another.
void LayerOperations::routed(std::uint64_t first, std::uint64_t end) {
  const Experts& experts = shape_.experts;
  const std::vector<std::uint64_t> tokens = spread(tokens_ * experts.per_token, experts.count, options_.expert_load);
  std::map<std::uint64_t, std::uint64_t, std::greater<>> alike;  // experts by their tokens
  for (std::uint64_t i = first; i < end; ++i) {
    if (tokens[i] > 0) ++alike[tokens[i]];
  }
  for (const auto& [each, count] : alike) feed_forward(each, experts.intermediate_size, expert_prefix, count);
}

bool is_expert(const Gemm& operation) {
  return operation.name.compare(0, std::string(expert_prefix).size(), expert_prefix) == 0;
}

}  // namespace anda::sim
