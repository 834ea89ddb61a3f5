// SPDX-License-Identifier: Apache-2.0
#include "workload/inference.h"

#include <fmt/format.h>

#include <algorithm>
#include <anda/base/error.h>

#include "workload/gemm_limits.h"

namespace anda::sim {
namespace {

void check_shape(const ModelShape& shape, const InferenceOptions& options) {
  check_model(shape, options);
  const std::uint64_t longest = longest_context(options);
  if (!options.ignore_positions && shape.positions != 0 && longest > shape.positions) {
    throw Error::input(fmt::format(
        "a context of {} tokens is longer than the {} positions of {}; workload.ignore_positions = true allows it",
        longest, shape.positions, shape.name));
  }
}

/// A vector operation on whole rows of the model's width.
Gemm row_operation(const ModelShape& shape, const char* name, OpKind kind, VectorOperation operation,
                   std::uint64_t rows, const char* reader) {
  Gemm made;
  made.name = name;
  made.tensor = name_of(op_kinds, kind);
  made.m = rows;
  made.n = shape.hidden_size;
  made.kind = kind;
  made.vector = operation;
  made.reader = reader;
  return made;
}

/// Bytes of tokens begin … end − 1 of a head.
std::uint64_t bytes_of(const CacheFormat& format, const std::vector<BitsChange>& changes, std::uint64_t begin,
                       std::uint64_t end, std::uint64_t width) {
  if (changes.empty()) return format.bytes(end - begin, width);
  std::uint64_t bytes = 0;
  for (const CacheSegment& part : segments(format, changes, begin, end)) {
    CacheFormat of_part = format;
    if (part.bits != 0) of_part.bits = part.bits;
    bytes += of_part.bytes(part.tokens(), width);
  }
  return bytes;
}

/// Whether two layers have the same operations.
bool alike(const ModelShape& shape, const InferenceOptions& options, std::uint32_t a, std::uint32_t b) {
  return shape.window_of(a) == shape.window_of(b) && shape.experts.in_layer(a) == shape.experts.in_layer(b) &&
         options.fold(a, b);
}

}  // namespace

void check_model(const ModelShape& shape, const InferenceOptions& options) {
  const std::string problem = problem_of(shape);
  if (!problem.empty()) throw Error::input("model " + shape.name + ": " + problem);
  if (options.layers > shape.layers) {
    throw Error::input(fmt::format("layers is {}, but {} has {}", options.layers, shape.name, shape.layers));
  }
  if (options.scope == Scope::model && shape.vocabulary == 0) {
    throw Error::input(fmt::format(
        "model {}: vocab_size is not known, but the output head of workload.scope: model needs it", shape.name));
  }
  if (!options.expert_load.empty() && options.expert_load.size() != shape.experts.count) {
    throw Error::input(fmt::format("workload.expert_load has {} shares, but {} has {} experts",
                                   options.expert_load.size(), shape.name, shape.experts.count));
  }
}

void check_size(const Gemm& gemm) {
  const auto fits = [](std::uint64_t value) { return value >= 1 && value <= max_gemm_dimension; };
  const bool legal = fits(gemm.m) && fits(gemm.n) && (gemm.vector || fits(gemm.k)) && gemm.count >= 1 &&
                     gemm.count <= max_count && (gemm.vector || macs_fit(gemm));
  if (legal) return;
  throw Error::input(
      fmt::format("operation {} is too large: {} rows, {} columns, {} deep, {} times; the machine runs at most {} of "
                  "each; use smaller batches or workload.prefill_chunk",
                  gemm.name, gemm.m, gemm.n, gemm.k, gemm.count, max_gemm_dimension));
}

std::uint64_t layers_of(const ModelShape& shape, const InferenceOptions& options) {
  if (options.layers != 0) return options.layers;
  return options.scope == Scope::layer ? 1 : shape.layers;
}

std::uint64_t longest_context(const InferenceOptions& options) {
  std::uint64_t longest = 0;
  for (const Sequences& sequences : options.batch) longest = std::max(longest, sequences.tokens);
  if (options.phase == Phase::prefill) return longest;
  return longest + (options.phase == Phase::decode ? 1 : options.output_tokens - 1);
}

std::uint64_t cache_bytes(const ModelShape& shape, const InferenceOptions& options) {
  const std::uint64_t layers = layers_of(shape, options);
  std::uint64_t longest = 0;
  for (const Sequences& sequences : options.batch) longest = std::max(longest, sequences.tokens);
  const std::uint64_t further = longest_context(options) - longest;
  const CacheShape cached = cache_shape(shape, options);
  std::uint64_t bytes = 0;
  for (std::uint64_t layer = 0; layer < layers; ++layer) {
    const std::uint64_t window = shape.window_of(layer);
    for (const Sequences& sequences : options.batch) {
      const std::uint64_t end = sequences.tokens + further;
      const std::uint64_t begin = window == 0 || end <= window ? 0 : end - window;
      bytes += sequences.count * cached.heads *
               (bytes_of(options.keys, options.key_changes, begin, end, cached.key_width) +
                bytes_of(options.values, options.value_changes, begin, end, cached.value_width));
    }
  }
  return bytes;
}

std::vector<Gemm> embedding_operations(const ModelShape& shape, std::uint64_t tokens) {
  std::vector<Gemm> list{row_operation(shape, "embedding", OpKind::embedding, VectorOperation::copy, tokens, "")};
  if (shape.position_kind == Positions::learned) {
    list.push_back(row_operation(shape, "positions", OpKind::embedding, VectorOperation::add, tokens, ""));
  }
  return list;
}

std::vector<Gemm> head_operations(const ModelShape& shape, const InferenceOptions& options, std::uint64_t finished) {
  std::vector<Gemm> list;
  if (shape.final_norm) {
    const bool is_layer_norm = shape.norm == Norm::layer_norm;
    list.push_back(row_operation(shape, "final_norm", OpKind::norm,
                                 is_layer_norm ? VectorOperation::layer_norm : VectorOperation::rms_norm, finished,
                                 "A_head"));
  }
  Gemm& head = list.emplace_back();
  head.name = "head";
  head.layer = static_cast<std::uint32_t>(layers_of(shape, options) - 1);
  head.tensor = "A_head";
  head.m = finished;
  head.k = shape.hidden_size;
  head.n = shape.vocabulary;
  head.kind = OpKind::output_head;
  head.second = options.head_weight_bits == WeightFormat::fp16_bits ? SecondOperand::fp16 : SecondOperand::weights;
  head.weight_bits = options.head_weight_bits;
  head.reader = "";
  return list;
}

std::vector<std::pair<std::uint32_t, std::uint64_t>> layer_kinds(const ModelShape& shape,
                                                                 const InferenceOptions& options, std::uint32_t first,
                                                                 std::uint32_t end) {
  std::vector<std::pair<std::uint32_t, std::uint64_t>> kinds;
  for (std::uint32_t layer = first; layer < end; ++layer) {
    const auto same = std::find_if(kinds.begin(), kinds.end(), [&, layer](const auto& kind) {
      return options.fold && alike(shape, options, kind.first, layer);
    });
    if (same == kinds.end()) {
      kinds.emplace_back(layer, 1);
    } else {
      ++same->second;
    }
  }
  return kinds;
}

InferenceSource::InferenceSource(const ModelShape& shape, const InferenceOptions& options)
    : shape_(shape), options_(options), operations_(shape_, options_), passes_(options_) {
  check_shape(shape_, options_);
  layers_ = layers_of(shape_, options_);
}

bool InferenceSource::next(Gemm& gemm) {
  while (at_ == ready_.size()) {
    if (!passes_.next()) return false;
    ready_.clear();
    at_ = 0;
    fill();
  }
  gemm = ready_[at_++];
  return true;
}

/// Advances to the prompts' next tokens, all at once or in chunks; returns false after the last.
bool InferencePasses::next_prefill() {
  if (started_ && options_.prefill_chunk == 0) return false;
  const std::uint64_t first = (started_ ? ++pass_ : 0) * options_.prefill_chunk;
  std::uint64_t sequence = 0;
  for (const Sequences& sequences : options_.batch) {
    if (first < sequences.tokens) {
      const std::uint64_t left = sequences.tokens - first;
      const std::uint64_t tokens = options_.prefill_chunk == 0 ? left : std::min(left, options_.prefill_chunk);
      slices_.push_back({first, tokens, sequences.count, tokens == left, sequence});
    }
    sequence += sequences.count;
  }
  return !slices_.empty();
}

bool InferencePasses::next() {
  slices_.clear();
  if (options_.phase == Phase::decode) {
    if (started_) return false;
    output_token_ = 1;
  } else if (output_token_ == 0) {
    const bool more = next_prefill();
    started_ = true;
    if (more) return true;
    if (options_.phase == Phase::prefill) return false;
    output_token_ = 1;
  } else {
    ++output_token_;
  }
  started_ = true;
  if (options_.phase == Phase::generate && output_token_ >= options_.output_tokens) return false;
  std::uint64_t sequence = 0;
  for (const Sequences& sequences : options_.batch) {
    slices_.push_back({sequences.tokens + output_token_ - 1, 1, sequences.count, true, sequence});
    sequence += sequences.count;
  }
  return true;
}

std::string InferencePasses::name() const {
  if (output_token_ != 0) return fmt::format("decode{}", output_token_);
  return options_.prefill_chunk == 0 ? "prefill" : fmt::format("prefill{}", pass_);
}

void InferenceSource::fill() {
  std::uint64_t tokens = 0;
  std::uint64_t finished = 0;
  for (const Slice& slice : passes_.slices()) {
    tokens += slice.tokens * slice.count;
    if (slice.finishes) finished += slice.count;
  }
  const std::string prefix = passes_.name() + ".";
  const bool whole = options_.scope == Scope::model;
  if (whole) add(embedding_operations(shape_, tokens), prefix, 1);
  for (const auto& [layer, times] : layer_kinds(shape_, options_, 0, static_cast<std::uint32_t>(layers_))) {
    add(operations_.of(layer, passes_.slices()), fmt::format("{}layer{}.", prefix, layer), times);
  }
  if (whole && finished > 0) add(head_operations(shape_, options_, finished), prefix, 1);
}

void InferenceSource::add(std::vector<Gemm> operations, const std::string& prefix, std::uint64_t times) {
  for (Gemm& operation : operations) {
    operation.name = prefix + operation.name;
    operation.output_token = static_cast<std::uint32_t>(passes_.output_token());
    operation.count *= times;
    operation.layers = times;
    check_size(operation);
    ready_.push_back(std::move(operation));
  }
}

}  // namespace anda::sim
