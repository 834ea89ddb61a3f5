// SPDX-License-Identifier: Apache-2.0
#include "system/inference_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "system/compiler.h"
#include "system/inference_options.h"
#include "system/inference_rows.h"
#include "system/survey.h"

namespace anda::sim {
namespace {

constexpr std::array<RowOperation, 28> row_operations{{
    {"embedding", "input", nullptr, "hidden"},
    {"positions", "hidden", "positions", "hidden"},
    {"attention_norm", "hidden", nullptr, "normed"},
    {"qkv_proj", "normed", nullptr, "qkv"},
    {"q_groups", "q", nullptr, "q"},
    {"q_proj", "normed", nullptr, "q"},
    {"k_proj", "normed", nullptr, "k"},
    {"v_proj", "normed", nullptr, "v"},
    {"q_norm", "q", nullptr, "q"},
    {"k_norm", "k", nullptr, "k"},
    {"q_rotary", "q", nullptr, "q"},
    {"k_rotary", "k", nullptr, "k"},
    {"o_proj", "attention", nullptr, "part"},
    {"out_proj", "attention", nullptr, "part"},
    {"post_attention_norm", "part", nullptr, "part"},
    {"attention_residual", "hidden", "part", "hidden"},
    {"feed_forward_norm", "hidden", nullptr, "normed"},
    {"gate_up_proj", "normed", nullptr, "gate_up"},
    {"gate_proj", "normed", nullptr, "gate"},
    {"up_proj", "normed", nullptr, "up"},
    {"fc1", "normed", nullptr, "gate"},
    {"activation", "gate", "up", "active"},
    {"down_proj", "active", nullptr, "part"},
    {"fc2", "active", nullptr, "part"},
    {"post_feed_forward_norm", "part", nullptr, "part"},
    {"feed_forward_residual", "hidden", "part", "hidden"},
    {"final_norm", "finished", nullptr, "finished"},
    {"head", "finished", nullptr, "logits"},
}};

const RowOperation& row_operation(const std::string& name, const ModelShape& shape) {
  const RowOperation* const latent = shape.latent ? latent_operation(name) : nullptr;
  if (latent != nullptr) return *latent;
  for (const RowOperation& operation : row_operations) {
    if (operation.name == name) return operation;
  }
  throw Error::run("operation '" + name + "' has no data");
}

}  // namespace

GemmTask product_of(const OpRecord& record) {
  if (!record.vector) return record.task;
  GemmTask product;
  product.m = record.vector->rows;
  product.n = record.vector->columns;
  product.k = record.vector->depth;
  product.weights = record.vector->weights;
  return product;
}

std::vector<Fp16> columns_of(const std::vector<Fp16>& values, std::uint64_t width, std::uint64_t first,
                             std::uint64_t count) {
  std::vector<Fp16> columns;
  columns.reserve(values.size() / width * count);
  for (auto row = values.begin(); row != values.end(); row += static_cast<std::ptrdiff_t>(width)) {
    const auto from = row + static_cast<std::ptrdiff_t>(first);
    columns.insert(columns.end(), from, from + static_cast<std::ptrdiff_t>(count));
  }
  return columns;
}

InferenceState::InferenceState(const RunConfig& config)
    : config_(config),
      shape_(shape_of(config.workload)),
      options_(inference_options(config)),
      data_(shape_, config.functional.seed),
      passes_(options_) {
  for (const Sequences& sequences : options_.batch) {
    for (std::uint64_t i = 0; i < sequences.count; ++i) {
      const bool has_tokens = options_.scope == Scope::model;
      const std::uint64_t extra = options_.phase == Phase::decode ? 1 : 0;  // the token that the decode starts from
      token_ids_.push_back(has_tokens ? data_.tokens(token_ids_.size(), sequences.tokens + extra)
                                      : std::vector<std::uint32_t>());
    }
  }
}

/// Parses a name such as "pass.layer3.q_proj"; a new pass starts with its first operation.
void InferenceState::follow(const Gemm& gemm) {
  const std::string& name = gemm.name;
  operation_ = name.substr(name.rfind('.') + 1);
  const std::size_t first = name.find('.');
  parameter_ = name.substr(first + 1);
  if (pass_ == name.substr(0, first)) return;
  pass_ = name.substr(0, first);
  if (!passes_.next() || passes_.name() != pass_) throw Error::run("operation '" + name + "' is of no pass");
  start_pass();
}

void InferenceState::start_pass() {
  tensors_.clear();
  cached_layers_ = 0;
  if (options_.scope == Scope::layer) {
    tensors_["hidden"] = data_.hidden("input." + pass_, positions().size());
    return;
  }
  std::vector<std::uint32_t> ids;
  for (const Slice& slice : passes_.slices()) {
    for (std::uint64_t i = 0; i < slice.count; ++i) {
      const auto first = token_ids_[slice.sequence + i].begin() + static_cast<std::ptrdiff_t>(slice.start);
      ids.insert(ids.end(), first, first + static_cast<std::ptrdiff_t>(slice.tokens));
    }
  }
  tensors_["input"] = data_.embedding(ids);
}

/// Returns the positions of the pass's rows.
std::vector<std::uint64_t> InferenceState::positions() const {
  std::vector<std::uint64_t> positions;
  for (const Slice& slice : passes_.slices()) {
    for (std::uint64_t i = 0; i < slice.count * slice.tokens; ++i) {
      positions.push_back(slice.start + i % slice.tokens);
    }
  }
  return positions;
}

const Slice& InferenceState::slice_of(std::uint64_t sequence) const {
  for (const Slice& slice : passes_.slices()) {
    if (sequence >= slice.sequence && sequence < slice.sequence + slice.count) return slice;
  }
  throw Error::run(fmt::format("sequence {} has no token in pass {}", sequence, pass_));
}

std::uint64_t InferenceState::row_of(std::uint64_t sequence, std::uint64_t position) const {
  const Slice& own = slice_of(sequence);
  std::uint64_t row = 0;
  for (const Slice& slice : passes_.slices()) {
    if (&slice == &own) break;
    row += slice.tokens * slice.count;
  }
  return row + (sequence - own.sequence) * own.tokens + position - own.start;
}

/// Returns the key/value heads as a sequence's attention in this pass reads them.
InferenceState::Heads InferenceState::heads_of(std::uint64_t sequence) const {
  const LatentAttention& latent = shape_.latent;
  if (!latent) return {shape_.kv_heads, shape_.heads / shape_.kv_heads, shape_.head_dim, "attention"};
  if (!is_absorbed(sequence)) return {shape_.heads, 1, latent.value_dim, "attention"};
  return {1, shape_.heads, latent.kv_rank, "attended"};
}

/// Returns the last tokens' rows of the sequences that produce an output token.
InferenceState::Values InferenceState::finished_rows() const {
  const Values& hidden = tensors_.at("hidden");
  const std::uint64_t width = shape_.hidden_size;
  Values rows;
  for (const Slice& slice : passes_.slices()) {
    for (std::uint64_t i = 0; slice.finishes && i < slice.count; ++i) {
      const std::uint64_t row = row_of(slice.sequence + i, slice.start + slice.tokens - 1);
      const auto first = hidden.begin() + static_cast<std::ptrdiff_t>(row * width);
      rows.insert(rows.end(), first, first + static_cast<std::ptrdiff_t>(width));
    }
  }
  return rows;
}

/// Returns the queries that share a key head, token by token and head by head.
InferenceState::Values InferenceState::queries_of(const CachePart& part, std::uint64_t sequence,
                                                  std::uint64_t head) const {
  if (shape_.latent) return latent_queries(part, sequence, head);
  const std::uint64_t width = shape_.heads / shape_.kv_heads * shape_.head_dim;
  const Values& queries = tensors_.at("q");
  Values rows;
  for (std::uint64_t query = 0; query < part.queries; ++query) {
    const std::uint64_t row = row_of(sequence, part.first + query);
    const auto first = queries.begin() + static_cast<std::ptrdiff_t>(row * shape_.query_width() + head * width);
    rows.insert(rows.end(), first, first + static_cast<std::ptrdiff_t>(width));
  }
  return rows;
}

/// Returns which of the scored tokens each query attends to: none after it, and none before its window.
std::vector<ColumnRange> InferenceState::visible_to(const CachePart& part, std::uint32_t layer,
                                                    std::uint64_t heads) const {
  const std::uint64_t window = shape_.window_of(layer);
  std::vector<ColumnRange> visible;
  for (std::uint64_t row = 0; row < part.queries * heads; ++row) {
    const std::uint64_t after = part.first + row / heads + 1;
    const std::uint64_t end = options_.causal ? std::min(after, part.end) : part.end;
    const std::uint64_t begin = window == 0 || after <= window ? part.begin : std::max(part.begin, after - window);
    visible.push_back({static_cast<std::uint32_t>(begin - part.begin), static_cast<std::uint32_t>(end - part.begin)});
  }
  return visible;
}

InferenceState::Operands InferenceState::operands_of(const OpRecord& record, std::uint64_t run) {
  if (run == 0) follow(record.gemm);
  Operands operands;
  if (record.gemm.cache) {
    operands_of_cache(record, run, operands);
  } else if (is_absorption()) {
    operands_of_absorption(record, run, operands);
  } else {
    operands_of_rows(record, operands);
  }
  return operands;
}

void InferenceState::operands_of_rows(const OpRecord& record, Operands& operands) {
  const RowOperation& operation = row_operation(operation_, shape_);
  if (operation_ == "latent_groups") fill_caches(record.gemm.layer);
  if (operation_ == "latent_groups") tensors_["context"] = contexts(record.gemm.layer);
  if (std::string(operation.x) == "finished" && tensors_.count("finished") == 0) tensors_["finished"] = finished_rows();
  if (operation_ == "positions") tensors_["positions"] = data_.positions(positions());
  const bool reads_query_input = std::string(operation.x) == "query_input";
  operands.x = tensors_.at(!reads_query_input ? operation.x : shape_.latent.query_rank == 0 ? "normed" : "q_a");
  if (!record.gemm.vector) {
    const GemmTask product = product_of(record);
    operands.weights = data_.weights(parameter_, product.k, product.n, product.weights, operands.zeroed_weights);
    return;
  }
  if (operation.second != nullptr && takes_second(*record.gemm.vector)) operands.second = tensors_.at(operation.second);
  switch (*record.gemm.vector) {
    case VectorOperation::layer_norm:
    case VectorOperation::rms_norm:
      operands.constants = data_.norm(parameter_, record.gemm.n, *record.gemm.vector == VectorOperation::layer_norm);
      break;
    case VectorOperation::rotary:
      operands.constants = data_.rotary(positions());
      break;
    default:
      break;
  }
}

void InferenceState::operands_of_cache(const OpRecord& record, std::uint64_t run, Operands& operands) {
  const Gemm& gemm = record.gemm;
  const CachePart& part = *gemm.cache;
  fill_caches(gemm.layer);
  if (gemm.kind == OpKind::kv_append) {
    operands.x = appended_to(gemm, run).to_append(part.begin, part.end);
    return;
  }
  const Heads heads = heads_of(part.sequence);
  const std::uint64_t sequence = part.sequence + run / heads.count;
  const std::uint64_t head = run % heads.count;
  const bool is_expanded = shape_.latent && !is_absorbed(sequence);
  Cache& cache = is_expanded ? expanded_.at(sequence) : cache_of(gemm.layer, sequence);
  const std::string number = std::to_string(run);
  if (operation_ == "scores") {
    operands.x = queries_of(part, sequence, head);
    operands.weights = cache.keys.keys(head, part.begin, part.end, product_of(record).weights);
  } else if (operation_ == "softmax") {
    operands.x = tensors_.at("scores" + number);
    operands.constants.scale = 1 / std::sqrt(static_cast<float>(shape_.head_dim));
    operands.constants.visible = visible_to(part, gemm.layer, heads.queries);
    scores_begin_ = part.begin;
    scores_end_ = part.end;
  } else if (operation_ == "values_sum") {
    operands.x = tensors_.at("values" + number);
    operands.second = tensors_.at("open_values" + number);
  } else {
    operands.x = columns_of(tensors_.at("softmax" + number), scores_end_ - scores_begin_, part.begin - scores_begin_,
                            part.end - part.begin);
    operands.weights = gemm.second == SecondOperand::latent
                           ? cache.keys.values_of_keys(shape_.latent.kv_rank, part.begin, part.end)
                           : cache.values.values(head, part.begin, part.end, product_of(record).weights);
  }
}

/// Takes the result of an operation on one head of a sequence; the last such operation produces columns of the
/// attention output.
void InferenceState::take_head(const OpRecord& record, std::uint64_t run, const Values& results) {
  const CachePart& part = *record.gemm.cache;
  const bool sums = operation_ == "values" || operation_ == "open_values" || operation_ == "values_sum";
  const bool is_last = sums && (operation_ == "values_sum" || part.end - part.begin == scores_end_ - scores_begin_);
  if (!is_last) {
    tensors_[operation_ + std::to_string(run)] = results;
    return;
  }
  const Heads heads = heads_of(part.sequence);
  const std::uint64_t width = heads.queries * heads.value_width;
  const std::uint64_t head = run % heads.count;
  Values& attention = tensors_[heads.output];
  attention.resize(positions().size() * heads.count * width);
  for (std::uint64_t query = 0; query < part.queries; ++query) {
    const std::uint64_t row = row_of(part.sequence + run / heads.count, part.first + query);
    std::copy_n(results.begin() + static_cast<std::ptrdiff_t>(query * width), width,
                attention.begin() + static_cast<std::ptrdiff_t>((row * heads.count + head) * width));
  }
}

void InferenceState::take_rows(const OpRecord& record, const Values& results) {
  const std::string tensor = row_operation(operation_, shape_).result;
  const std::uint64_t width = record.gemm.n;
  if (tensor == "expanded") {
    expand(record.gemm.layer, results);
  } else if (split_latents(tensor, results, width)) {
    return;
  } else if (tensor == "qkv") {
    tensors_["q"] = columns_of(results, width, 0, shape_.query_width());
    tensors_["k"] = columns_of(results, width, shape_.query_width(), shape_.kv_width());
    tensors_["v"] = columns_of(results, width, shape_.query_width() + shape_.kv_width(), shape_.kv_width());
  } else if (tensor == "gate_up") {
    tensors_["gate"] = columns_of(results, width, 0, width / 2);
    tensors_["up"] = columns_of(results, width, width / 2, width / 2);
  } else {
    tensors_[tensor] = results;
  }
  if (tensor == "logits" && options_.phase == Phase::generate) choose_tokens(results, width);
}

/// Chooses the most likely token of each sequence that produces one; the first among equals.
void InferenceState::choose_tokens(const Values& logits, std::uint64_t columns) {
  auto row = logits.begin();
  const auto less = [](Fp16 a, Fp16 b) { return to_float(a) < to_float(b); };
  for (const Slice& slice : passes_.slices()) {
    for (std::uint64_t i = 0; slice.finishes && i < slice.count; ++i) {
      const auto end = row + static_cast<std::ptrdiff_t>(columns);
      const auto best = std::max_element(row, end, less) - row;
      token_ids_[slice.sequence + i].push_back(static_cast<std::uint32_t>(best));
      row = end;
    }
  }
}

void InferenceState::take(const OpRecord& record, std::uint64_t run, const WeightTensor& appended) {
  appended_to(record.gemm, run).append(appended);
}

void InferenceState::take(const OpRecord& record, std::uint64_t run, const Values& results) {
  if (record.gemm.cache) {
    take_head(record, run, results);
  } else if (is_absorption()) {
    take_absorption(run, results);
  } else {
    take_rows(record, results);
  }
}

}  // namespace anda::sim
