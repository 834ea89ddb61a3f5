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

/// Element width of the cache from a position on.
struct BitsChange {
  std::uint64_t position = 0;
  std::uint32_t bits = 0;
};

/// Tokens begin … end − 1 of a cache, whose elements have the same width.
struct CacheSegment {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint32_t bits = 0;  ///< 0: as in the format

  std::uint64_t tokens() const { return end - begin; }
};

/// Splits begin … end − 1 into segments of equal width. A group along the tokens takes the width of its first token.
std::vector<CacheSegment> segments(const CacheFormat& format, const std::vector<BitsChange>& changes,
                                   std::uint64_t begin, std::uint64_t end);

struct InferenceOptions {
  Scope scope = Scope::model;
  Phase phase = Phase::prefill;
  std::vector<Sequences> batch;
  std::uint64_t output_tokens = 1;  ///< per sequence, `generate` only
  std::uint64_t layers = 0;         ///< number of leading layers to run; 0: all, or one for scope layer
  std::uint64_t prefill_chunk = 0;  ///< tokens of each sequence per prefill pass; 0: the whole prompt
  std::uint64_t query_block = 128;  ///< queries whose scores are computed together
  bool ignore_positions = false;    ///< allow contexts longer than the model was made for
  bool causal = true;               ///< skip scores of later tokens, in units of whole blocks
  bool fuse_projections = false;    ///< Q, K and V are one GeMM, gate and up another
  std::uint32_t head_weight_bits = 16;
  CacheFormat keys;
  CacheFormat values;
  LatentWay latent = LatentWay::automatic;
  bool latent_copy = false;                    ///< latents are cached a second time, in the format of the values
  std::vector<std::uint64_t> length_changes;   ///< positions at which mantissa lengths change, ascending
  std::vector<BitsChange> key_changes = {};    ///< ascending
  std::vector<BitsChange> value_changes = {};  ///< ascending
  std::vector<double> expert_load;             ///< share of the tokens per expert; empty: uniform
  /// Returns whether two layers have the same precision; identical layers are folded into one operation with a count.
  std::function<bool(std::uint32_t, std::uint32_t)> fold;
};

/// The tokens of a sequence that a pass processes, for `count` sequences.
struct Slice {
  std::uint64_t start = 0;   ///< tokens already in the cache
  std::uint64_t tokens = 0;  ///< new ones
  std::uint64_t count = 1;
  bool finishes = true;        ///< produces an output token
  std::uint64_t sequence = 0;  ///< index of the first of these sequences in the batch
};

/// The cache entry of one token in one layer.
struct CacheShape {
  std::uint64_t heads = 0;
  std::uint64_t key_width = 0;    ///< of a head
  std::uint64_t value_width = 0;  ///< of a head; 0: the keys also serve as the values
};

CacheShape cache_shape(const ModelShape& shape, const InferenceOptions& options);

/// Whether a slice's attention works directly on the latents.
bool absorbs(const ModelShape& shape, const InferenceOptions& options, const Slice& slice);

/// Generates the operations of a decoder layer on a pass's tokens, in execution order. Their `name` excludes the layer.
class LayerOperations {
 public:
  LayerOperations(const ModelShape& shape, const InferenceOptions& options) : shape_(shape), options_(options) {}

  std::vector<Gemm> of(std::uint32_t layer, const std::vector<Slice>& slices);
  /// The subset that depends only on the number of tokens …
  /// `absorbed`: number of tokens in slices that absorb.
  std::vector<Gemm> of_tokens(std::uint32_t layer, std::uint64_t tokens, std::uint64_t absorbed = 0);
  /// … and the subset that a sequence adds: its tokens are appended to the cache and attend to it.
  std::vector<Gemm> of_slice(std::uint32_t layer, const Slice& slice);
  /// The subset of of_tokens() that the routed experts `first` … `end` − 1 compute for `tokens` tokens.
  std::vector<Gemm> of_experts(std::uint32_t layer, std::uint64_t tokens, std::uint64_t first, std::uint64_t end);

 private:
  /// Tokens of a pass whose activations have the same mantissa lengths.
  struct Span {
    std::uint64_t position = 0;  ///< position from which these lengths apply
    std::uint64_t tokens = 0;
    std::uint64_t absorbed = 0;  ///< tokens among them in slices that absorb
  };
  /// The key/value heads as a slice's attention reads them.
  struct HeadShape {
    std::uint64_t count = 0;
    std::uint64_t queries = 0;  ///< query heads that share one
    std::uint64_t key_width = 0;
    std::uint64_t value_width = 0;
    SecondOperand values = SecondOperand::values;
  };
  /// Queries of a sequence that are multiplied together, with the tokens begin … end − 1 that at least one of them
  /// sees.
  struct Block {
    std::uint64_t sequence = 0;  ///< index of the slice's first sequence in the batch
    std::uint64_t first = 0;     ///< position of the first query
    std::uint64_t queries = 0;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::uint64_t rows = 0;
    std::uint64_t count = 0;

    CachePart part(std::uint64_t from, std::uint64_t to) const { return {sequence, first, queries, from, to}; }
  };

  void start(std::uint32_t layer, std::vector<Span> spans, std::vector<Slice> slices);
  void work_on(const Span& span);
  std::vector<Gemm> marked();
  std::vector<Span> spans_of(const std::vector<Slice>& slices) const;
  /// The last position not after `position` at which the mantissa lengths change, or 0.
  std::uint64_t lengths_from(std::uint64_t position) const;
  void fill();
  void attend_to_slices();
  void second_half();
  Gemm& gemm(const char* name, const char* tensor, std::uint64_t k, std::uint64_t n, const char* reader);
  Gemm& vector(const char* name, OpKind kind, VectorOperation operation, std::uint64_t rows, std::uint64_t columns,
               const char* reader = "");
  void projections();
  void latent_projections();
  void latent_queries(std::uint64_t inputs);
  void append();
  void append(const char* name, SecondOperand what, const Slice& slice, std::uint64_t width);
  void expand();
  void attention(std::uint64_t window);
  HeadShape heads_of(const Slice& slice) const;
  void attend(const Slice& slice, std::uint64_t first, std::uint64_t queries, std::uint64_t window);
  void score(const Block& block, const HeadShape& heads);
  void attend_values(const Slice& slice, const Block& block, const HeadShape& heads);
  void norm(const char* name, const char* reader);
  void residual(const char* name);
  void feed_forward(std::uint64_t tokens, std::uint64_t width, const char* prefix, std::uint64_t count);
  void experts();
  Gemm& choice(const char* name, std::uint64_t rows, std::uint64_t columns, std::uint64_t kept);
  void routed(std::uint64_t first, std::uint64_t end);
  const CacheFormat& format_of(SecondOperand cached) const;
  const std::vector<BitsChange>& changes_of(SecondOperand cached) const;

  const ModelShape& shape_;
  const InferenceOptions& options_;
  std::uint32_t layer_ = 0;
  std::vector<Span> spans_;
  std::uint64_t tokens_ = 0;    // of the current span
  std::uint64_t absorbed_ = 0;  // tokens among them in slices that absorb
  std::uint64_t position_ = 0;  // from which the span's lengths apply
  std::vector<Slice> slices_;
  std::vector<Gemm> list_;
};

/// Marks the results of a layer that only the operations right after them read, and those readers. At most three such
/// results are live at a time.
void mark_kept(const ModelShape& shape, std::vector<Gemm>& operations);

/// Whether an operation belongs to a routed expert.
bool is_expert(const Gemm& operation);

/// The operations before the layers, for all tokens of a pass. Here and below, `name` excludes the pass.
std::vector<Gemm> embedding_operations(const ModelShape& shape, std::uint64_t tokens);
/// The operations after the layers, for the tokens that produce an output token.
std::vector<Gemm> head_operations(const ModelShape& shape, const InferenceOptions& options, std::uint64_t finished);

/// Groups the layers `first` … `end` − 1 by identical execution: one layer of each group and the group's size. Without
/// options.fold every layer is its own group.
std::vector<std::pair<std::uint32_t, std::uint64_t>> layer_kinds(const ModelShape& shape,
                                                                 const InferenceOptions& options, std::uint32_t first,
                                                                 std::uint32_t end);

/// Throws Error (input) for an operation that exceeds the machine's descriptors.
void check_size(const Gemm& gemm);
/// Throws Error (input) if the model or the options define no valid inference; ignores context lengths.
void check_model(const ModelShape& shape, const InferenceOptions& options);

/// The passes of an inference.
class InferencePasses {
 public:
  explicit InferencePasses(const InferenceOptions& options) : options_(options) {}

  /// Advances to the next pass; returns false after the last.
  bool next();
  /// The tokens of the current pass as slices, in sequence order.
  const std::vector<Slice>& slices() const { return slices_; }
  /// "prefill", a chunk of it, or "decode" with the output token that the pass produces.
  std::string name() const;
  std::uint64_t output_token() const { return output_token_; }

 private:
  bool next_prefill();

  const InferenceOptions& options_;
  std::uint64_t pass_ = 0;          // prefill passes so far
  std::uint64_t output_token_ = 0;  // that the pass contributes to
  bool started_ = false;
  std::vector<Slice> slices_;
};

/// Generates the operations of an inference, pass by pass.
class InferenceSource : public GemmSource {
 public:
  /// Throws Error (input) for an invalid inference: sizes beyond the descriptors, more layers than the model has,
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

/// Bytes of the whole cache after the last pass, over all layers that run.
std::uint64_t cache_bytes(const ModelShape& shape, const InferenceOptions& options);

/// Number of layers that run.
std::uint64_t layers_of(const ModelShape& shape, const InferenceOptions& options);

/// Tokens of the batch's longest context after the last pass.
std::uint64_t longest_context(const InferenceOptions& options);

}  // namespace anda::sim

#endif
