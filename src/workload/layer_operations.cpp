// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "workload/inference.h"

namespace anda::sim {
namespace {

constexpr const char* expert_prefix = "expert.";

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

/// Distributes `choices` tokens among the experts by their shares, in whole numbers by the largest-remainder method.
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
  start(layer, spans_of(slices), slices);
  fill();
  return marked();
}

std::vector<Gemm> LayerOperations::of_tokens(std::uint32_t layer, std::uint64_t tokens, std::uint64_t absorbed) {
  start(layer, {{0, tokens, absorbed}}, {});
  fill();
  return marked();
}

std::vector<Gemm> LayerOperations::of_experts(std::uint32_t layer, std::uint64_t tokens, std::uint64_t first,
                                              std::uint64_t end) {
  start(layer, {{0, tokens, 0}}, {});
  routed(first, end);
  return marked();
}

std::vector<Gemm> LayerOperations::of_slice(std::uint32_t layer, const Slice& slice) {
  start(layer, spans_of({slice}), {slice});
  attend_to_slices();
  return marked();
}

std::vector<Gemm> LayerOperations::marked() {
  mark_kept(shape_, list_);
  return std::move(list_);
}

void LayerOperations::start(std::uint32_t layer, std::vector<Span> spans, std::vector<Slice> slices) {
  layer_ = layer;
  spans_ = std::move(spans);
  slices_ = std::move(slices);
  list_.clear();
  work_on(spans_.front());
}

void LayerOperations::work_on(const Span& span) {
  tokens_ = span.tokens;
  absorbed_ = span.absorbed;
  position_ = span.position;
}

std::uint64_t LayerOperations::lengths_from(std::uint64_t position) const {
  const auto& changes = options_.length_changes;
  const auto next = std::upper_bound(changes.begin(), changes.end(), position);
  return next == changes.begin() ? 0 : *(next - 1);
}

/// Returns the spans in order of position.
std::vector<LayerOperations::Span> LayerOperations::spans_of(const std::vector<Slice>& slices) const {
  std::map<std::uint64_t, Span> spans;
  for (const Slice& slice : slices) {
    const bool is_absorbed = absorbs(shape_, options_, slice);
    const std::uint64_t end = slice.start + slice.tokens;
    for (std::uint64_t at = slice.start; at < end;) {
      const auto& changes = options_.length_changes;
      const auto next = std::upper_bound(changes.begin(), changes.end(), at);
      const std::uint64_t stop = next == changes.end() ? end : std::min(end, *next);
      Span& span = spans[lengths_from(at)];
      span.position = lengths_from(at);
      span.tokens += (stop - at) * slice.count;
      if (is_absorbed) span.absorbed += (stop - at) * slice.count;
      at = stop;
    }
  }
  std::vector<Span> list;
  for (const auto& [position, span] : spans) list.push_back(span);
  return list;
}

void LayerOperations::fill() {
  for (const Span& span : spans_) {
    work_on(span);
    norm("attention_norm", "A_qkv");
    projections();
  }
  if (slices_.empty()) list_.back().decides_next = true;  // attention of unknown extent comes next
  attend_to_slices();
  for (const Span& span : spans_) {
    work_on(span);
    second_half();
  }
}

void LayerOperations::attend_to_slices() {
  append();
  if (shape_.latent) expand();
  attention(shape_.window_of(layer_));
}

/// The operations after the attention to other tokens.
void LayerOperations::second_half() {
  const LatentAttention& latent = shape_.latent;
  if (absorbed_ > 0) {
    Gemm& values = gemm("value_absorb", "A_o", latent.kv_rank, latent.value_dim, "A_o");
    values.m = absorbed_;
    values.count = shape_.heads;
  }
  const std::uint64_t width = latent ? shape_.heads * latent.value_dim : shape_.query_width();
  gemm(shape_.gated ? "o_proj" : "out_proj", "A_o", width, shape_.hidden_size, "");
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
  made.position = position_;
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
  made.position = position_;
  return made;
}

void LayerOperations::norm(const char* name, const char* reader) {
  vector(name, OpKind::norm, shape_.norm == Norm::layer_norm ? VectorOperation::layer_norm : VectorOperation::rms_norm,
         tokens_, shape_.hidden_size, reader);
}

void LayerOperations::residual(const char* name) {
  vector(name, OpKind::residual, VectorOperation::add, tokens_, shape_.hidden_size);
}

/// The last operation before the scores converts queries to Anda groups.
void LayerOperations::projections() {
  if (shape_.latent) {
    latent_projections();
    return;
  }
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

/// `count` feed-forward parts of this width, each on `tokens` tokens.
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

/// The router's choice decides which experts' weights are needed, so they are unknown before it.
void LayerOperations::experts() {
  const Experts& experts = shape_.experts;
  Gemm& router = gemm("router", "A_u", shape_.hidden_size, experts.count, "");
  router.kind = OpKind::router;
  router.second = SecondOperand::fp16;
  vector(experts.sigmoid ? "router_sigmoid" : "router_softmax", OpKind::router,
         experts.sigmoid ? VectorOperation::sigmoid : VectorOperation::softmax, tokens_, experts.count);
  // Selects the largest scores of each group, then the experts within the chosen groups.
  if (experts.group_scores > 0 && experts.groups_per_token < experts.groups) {
    choice("router_groups", tokens_ * experts.groups, experts.count / experts.groups, experts.group_scores);
  }
  choice("router_choice", tokens_, experts.count, experts.per_token).decides_next = true;
  routed(0, experts.count);
  if (experts.shared_size > 0) feed_forward(tokens_, experts.shared_size, "shared_expert.", 1);
  // Each expert's result is weighted and accumulated.
  vector("expert_sum", OpKind::router, VectorOperation::add, tokens_ * experts.per_token, shape_.hidden_size);
}

Gemm& LayerOperations::choice(const char* name, std::uint64_t rows, std::uint64_t columns, std::uint64_t kept) {
  Gemm& made = vector(name, OpKind::router, VectorOperation::top_k, rows, columns);
  made.kept = kept;
  return made;
}

/// Experts with equal numbers of tokens run consecutively.
void LayerOperations::routed(std::uint64_t first, std::uint64_t end) {
  const Experts& experts = shape_.experts;
  const std::vector<std::uint64_t> tokens = spread(tokens_ * experts.per_token, experts.count, options_.expert_load);
  std::map<std::uint64_t, std::uint64_t, std::greater<>> alike;  // number of experts by token count
  for (std::uint64_t i = first; i < end; ++i) {
    if (tokens[i] > 0) ++alike[tokens[i]];
  }
  for (const auto& [each, count] : alike) feed_forward(each, experts.intermediate_size, expert_prefix, count);
}

bool is_expert(const Gemm& operation) {
  return operation.name.compare(0, std::string(expert_prefix).size(), expert_prefix) == 0;
}

}  // namespace anda::sim
