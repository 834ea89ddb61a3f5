// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_INFERENCE_H
#define ANDA_SIM_WORKLOAD_INFERENCE_H

#include <anda/numeric/cache_format.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "workload/gemm.h"
#include "workload/model_shape.h"
#include "workload/phase.h"

namespace anda::sim {

struct InferenceOptions {
  Scope scope = Scope::model;
  Phase phase = Phase::prefill;
  std::vector<Sequences> batch;
  std::uint64_t output_tokens = 1;  ///< of each sequence, `generate` only
  std::uint64_t layers = 0;         ///< only the first so many; 0: all, of scope layer one
  std::uint64_t prefill_chunk = 0;  ///< tokens of each sequence in a pass; 0: the whole prompt
  std::uint64_t query_block = 128;  ///< queries whose scores are computed together
  bool ignore_positions = false;    ///< contexts may be longer than the model was made for
  bool causal = true;               ///< scores of later tokens are left out, as far as whole blocks allow
  bool fuse_projections = false;    ///< Q, K and V are one GeMM, gate and up another
  std::uint32_t head_weight_bits = 16;
  CacheFormat keys;
  CacheFormat values;
  std::vector<double> expert_load;  ///< share of the tokens by expert; empty: all the same
  /// Layers that run the same are one operation with a count. Tells whether two layers have the same precision.
  std::function<bool(std::uint32_t, std::uint32_t)> fold;
};

/// Tokens of a sequence that a pass works on, for `count` sequences.
struct Slice {
  std::uint64_t start = 0;   ///< tokens in the cache before
  std::uint64_t tokens = 0;  ///< new ones
  std::uint64_t count = 1;
  bool finishes = true;        ///< gives an output token
  std::uint64_t sequence = 0;  ///< the first of these sequences, in the batch
};

/// The operations of a decoder layer on a pass's tokens, in execution order. `name` is without the layer.
class LayerOperations {
 public:
  LayerOperations(const ModelShape& shape, const InferenceOptions& options) : shape_(shape), options_(options) {}

  std::vector<Gemm> of(std::uint32_t layer, const std::vector<Slice>& slices);
  /// Of these, what depends on nothing but the number of tokens …
  std::vector<Gemm> of_tokens(std::uint32_t layer, std::uint64_t tokens);
  /// … and what a sequence adds: its tokens go into the cache and attend to it.
  std::vector<Gemm> of_slice(std::uint32_t layer, const Slice& slice);
  /// Of of_tokens(), what the routed experts `first` … `end` − 1 compute of so many tokens.
  std::vector<Gemm> of_experts(std::uint32_t layer, std::uint64_t tokens, std::uint64_t first, std::uint64_t end);

 private:
  void start(std::uint32_t layer, std::uint64_t tokens, std::vector<Slice> slices);
  void fill();
  Gemm& gemm(const char* name, const char* tensor, std::uint64_t k, std::uint64_t n, const char* reader);
  Gemm& vector(const char* name, OpKind kind, VectorOperation operation, std::uint64_t rows, std::uint64_t columns,
               const char* reader = "");
  void projections();
  void append();
  void append(const char* name, SecondOperand what, const CacheFormat& format);
  void attention(std::uint64_t window);
  void attend(const Slice& slice, std::uint64_t first, std::uint64_t queries, std::uint64_t window);
  void attend_values(const Slice& slice, const CachePart& part);
  void norm(const char* name, const char* reader);
  void residual(const char* name);
  void feed_forward(std::uint64_t tokens, std::uint64_t width, const char* prefix, std::uint64_t count);
  void experts();
  void routed(std::uint64_t first, std::uint64_t end);

  const ModelShape& shape_;
  const InferenceOptions& options_;
  std::uint32_t layer_ = 0;
  std::uint64_t tokens_ = 0;
  std::vector<Slice> slices_;
  std::vector<Gemm> list_;
};

/// Whether an operation is one of routed experts.
bool is_expert(const Gemm& operation);

/// What comes before the layers, for all tokens of a pass. `name` is without the pass, here and below.
std::vector<Gemm> embedding_operations(const ModelShape& shape, std::uint64_t tokens);
/// What comes behind the layers, for the tokens that give an output token.
std::vector<Gemm> head_operations(const ModelShape& shape, const InferenceOptions& options, std::uint64_t finished);

/// Layers `first` … `end` − 1 that run the same: one of them, and how many there are. Without options.fold each alone.
std::vector<std::pair<std::uint32_t, std::uint64_t>> layer_kinds(const ModelShape& shape,
                                                                 const InferenceOptions& options, std::uint32_t first,
                                                                 std::uint32_t end);

/// Throws Error (input) for an operation that the machine's descriptors cannot hold.
void check_size(const Gemm& gemm);
/// Throws Error (input) for a model or options that make no inference, with no regard to contexts.
void check_model(const ModelShape& shape, const InferenceOptions& options);

/// The passes of an inference.
class InferencePasses {
 public:
  explicit InferencePasses(const InferenceOptions& options) : options_(options) {}

  /// Goes to the next pass; false after the last.
  bool next();
  /// Of the pass: its tokens, slice after slice, of each sequence after sequence.
  const std::vector<Slice>& slices() const { return slices_; }
  /// "prefill", a chunk of it, or "decode" with the output token that it works towards.
  std::string name() const;
  std::uint64_t output_token() const { return output_token_; }

 private:
  bool next_prefill();

  const InferenceOptions& options_;
  std::uint64_t pass_ = 0;          // of prefill
  std::uint64_t output_token_ = 0;  // that the pass works towards
  bool started_ = false;
  std::vector<Slice> slices_;
};

/// The operations of an inference, one pass after another.
class InferenceSource : public GemmSource {
 public:
  /// Throws Error (input) for what makes no inference: sizes beyond the descriptors, more layers than the model has,
  /// contexts beyond its positions.
  InferenceSource(const ModelShape& shape, const InferenceOptions& options);

  bool next(Gemm& gemm) override;

 private:
  void fill();
  void add(std::vector<Gemm> operations, const std::string& prefix, std::uint64_t times);

  ModelShape shape_;
  InferenceOptions options_;
  std::uint64_t layers_ = 0;
  LayerOperations operations_;
  InferencePasses passes_;
  std::vector<Gemm> ready_;
  std::size_t at_ = 0;
};

/// Bytes of the whole cache after the last pass, in all layers that run.
std::uint64_t cache_bytes(const ModelShape& shape, const InferenceOptions& options);

/// Layers that run.
std::uint64_t layers_of(const ModelShape& shape, const InferenceOptions& options);

/// The options' batch, tokens after the last pass: the longest context.
std::uint64_t longest_context(const InferenceOptions& options);

}  // namespace anda::sim

#endif
