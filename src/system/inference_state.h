// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SYSTEM_INFERENCE_STATE_H
#define ANDA_SIM_SYSTEM_INFERENCE_STATE_H

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config/run_config.h"
#include "data/cache_data.h"
#include "data/model_data.h"
#include "system/op_record.h"
#include "workload/inference.h"

namespace anda::sim {

/// The values of an inference on one system, in a functional simulation of workload.scope layer or model. Routes the
/// results of operations to the operands of their readers. Between operations it extracts heads from rows and merges
/// them, transposes values and splits a GeMM's result among its readers.
class InferenceState {
 public:
  using Values = std::vector<Fp16>;
  /// The operands of one run of an operation.
  struct Operands {
    Values x;
    Values second;         ///< same shape as x; empty: none
    WeightTensor weights;  ///< weights of a product; k = 0: none
    VectorConstants constants;
    std::uint64_t zeroed_weights = 0;
  };

  explicit InferenceState(const RunConfig& config);

  /// Returns the operands of run `run` of gemm.count. Must be called in operation order.
  Operands operands_of(const OpRecord& record, std::uint64_t run);
  /// Stores the results of that run: codes along its rows for kv_append, otherwise values in row-major order.
  void take(const OpRecord& record, std::uint64_t run, const WeightTensor& appended);
  void take(const OpRecord& record, std::uint64_t run, const Values& results);

 private:
  /// Key/value heads: their number, the query heads that share each, and the width and name of the tensor they produce.
  struct Heads {
    std::uint64_t count;
    std::uint64_t queries;
    std::uint64_t value_width;
    const char* output;
  };
  /// The caches of a layer and a sequence.
  struct Cache {
    CacheData keys;
    CacheData values;
  };

  void follow(const Gemm& gemm);
  void start_pass();
  std::vector<std::uint64_t> positions() const;
  const Slice& slice_of(std::uint64_t sequence) const;
  Heads heads_of(std::uint64_t sequence) const;
  std::uint64_t row_of(std::uint64_t sequence, std::uint64_t position) const;
  Values finished_rows() const;

  Cache& cache_of(std::uint32_t layer, std::uint64_t sequence);
  void fill_caches(std::uint32_t layer);
  void add_context(const std::string& name, std::uint64_t tokens, Cache& cache) const;
  Values rows_of(const char* tensor, std::uint64_t row, std::uint64_t count) const;
  CacheData& appended_to(const Gemm& gemm, std::uint64_t run);
  Values queries_of(const CachePart& part, std::uint64_t sequence, std::uint64_t head) const;
  std::vector<ColumnRange> visible_to(const CachePart& part, std::uint32_t layer, std::uint64_t heads) const;

  void operands_of_rows(const OpRecord& record, Operands& operands);
  void operands_of_cache(const OpRecord& record, std::uint64_t run, Operands& operands);
  void take_head(const OpRecord& record, std::uint64_t run, const Values& results);
  void take_rows(const OpRecord& record, const Values& results);
  void choose_tokens(const Values& logits, std::uint64_t columns);

  // Multi-head latent attention (inference_latents.cpp).
  bool is_absorption() const { return operation_ == "query_absorb" || operation_ == "value_absorb"; }
  bool is_absorbed(std::uint64_t sequence) const;
  std::vector<std::uint64_t> absorbed_rows() const;
  std::vector<std::uint64_t> expanded_sequences() const;
  bool split_latents(const std::string& tensor, const Values& results, std::uint64_t width);
  void operands_of_absorption(const OpRecord& record, std::uint64_t head, Operands& operands);
  void take_absorption(std::uint64_t head, const Values& results);
  Values contexts(std::uint32_t layer);
  void expand(std::uint32_t layer, const Values& results);
  Values latent_queries(const CachePart& part, std::uint64_t sequence, std::uint64_t head) const;
  Values latent_rows(std::uint64_t row, std::uint64_t count, bool with_key) const;

  const RunConfig& config_;
  ModelShape shape_;
  InferenceOptions options_;
  ModelData data_;
  InferencePasses passes_;
  std::string pass_;       // pass of the current operation
  std::string operation_;  // its name without pass and layer
  std::string parameter_;  // its name with the layer, as in parameter names
  std::map<std::string, Values> tensors_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, Cache> caches_;  // by layer and sequence
  std::map<std::uint64_t, Cache> expanded_;  // by sequence: keys and values expanded from latents in this layer
  std::uint32_t cached_layers_ = 0;          // layers whose caches hold the pass's tokens
  std::vector<std::vector<std::uint32_t>> token_ids_;  // of each sequence
  std::uint64_t scores_begin_ = 0;                     // token range of the latest scores
  std::uint64_t scores_end_ = 0;
};

}  // namespace anda::sim

#endif
