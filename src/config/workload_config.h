// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_WORKLOAD_CONFIG_H
#define ANDA_SIM_CONFIG_WORKLOAD_CONFIG_H

#include <anda/base/describe.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "workload/phase.h"

namespace anda::sim {

/// Unit that computes attention.
enum class AttentionUnit {
  automatic,  ///< the array if its elements multiply the formats, else the vector unit
  array,      ///< the array; an error if it cannot multiply the formats
  vector_unit
};

inline constexpr ChoiceTable<AttentionUnit, 3> attention_units{
    {{"auto", AttentionUnit::automatic}, {"array", AttentionUnit::array}, {"vector_unit", AttentionUnit::vector_unit}}};

/// Attention, in the scopes layer and model.
struct AttentionConfig {
  AttentionUnit unit = AttentionUnit::automatic;
  std::uint32_t query_block = 128;
  bool causal = true;
  LatentWay latent = LatentWay::automatic;
  bool latent_copy = false;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.choice("unit", self.unit, attention_units,
                 "unit that multiplies FP16 operands and the cache; auto: the array if its elements support the "
                 "formats, else the vector unit; array: refuse unsupported formats");
    visit.number("query_block", self.query_block, Range<std::uint32_t>{1, 65536},
                 "queries of a sequence whose scores are computed together, with all keys visible to any of them");
    visit.flag("causal", self.causal, "skip the scores of query blocks with later keys; false: the whole square");
    visit.choice("latent", self.latent, latent_ways,
                 "multi-head latent attention (DeepSeek); expand: keys and values of all heads are made from the "
                 "cached latents of the context in every pass; absorb: queries and results are multiplied with the "
                 "matrices that would make them; auto: for each sequence of a pass the way with fewer "
                 "multiply-accumulates");
    visit.flag("latent_copy", self.latent_copy,
               "cache the latents a second time, in the format kv_cache.v, as the values of absorbed attention; false: "
               "values are read from kv_cache.k, whose groups run along the other axis");
  }
};

/// The workload. Exactly one of model, config_json and trace is not empty.
struct WorkloadConfig {
  std::string model;
  std::string config_json;
  std::string trace;
  Scope scope = Scope::gemms;
  Phase phase = Phase::prefill;
  std::uint32_t tokens = 2048;
  std::uint32_t batch = 1;
  std::string prompts;
  std::uint32_t output_tokens = 128;
  std::uint32_t layers = 0;
  bool ignore_positions = false;
  std::uint32_t prefill_chunk = 0;
  std::uint32_t head_weight_bits = 16;
  bool fuse_projections = false;
  bool prefetch_weights = false;
  std::string expert_load;
  AttentionConfig attention;

  static constexpr std::array<const char*, 3> alternatives{"model", "config_json", "trace"};

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.text("model", self.model,
               "a built-in model, LLaMA-13B for example; exactly one of model, config_json and trace is given");
    visit.path("config_json", self.config_json, "the config.json of a Hugging Face model, which gives its shapes");
    visit.path("trace", self.trace, "a CSV file with one GeMM per row, in execution order");
    visit.choice(
        "scope", self.scope, scopes,
        "gemms: the GeMMs with INT weights; layer: one decoder layer, or the first `layers`, with attention and all "
        "operations between its GeMMs; model: the same for all layers, with embedding and output head");
    visit.choice("phase", self.phase, phases,
                 "prefill: all tokens at once; decode: one new token after `tokens` tokens; generate: a prefill and "
                 "output_tokens - 1 decodes, not in scope gemms. Ignored with a trace");
    visit.number("tokens", self.tokens, Range<std::uint32_t>{1, 1u << 24},
                 "tokens of each sequence. Ignored with a trace");
    visit.number("batch", self.batch, Range<std::uint32_t>{1, 65536}, "sequences run together. Ignored with a trace");
    visit.text("prompts", self.prompts,
               "lengths of unequal prompts instead of tokens and batch, each with an optional count after a *: 512*3 "
               "2048; scopes layer and model");
    visit.number("output_tokens", self.output_tokens, Range<std::uint32_t>{1, 1u << 24},
                 "tokens generated per sequence, phase generate only; the first comes from the prefill");
    visit.flag("ignore_positions", self.ignore_positions,
               "allow contexts beyond the positions that the model was made for. Scopes layer and model");
    visit.number("prefill_chunk", self.prefill_chunk, Range<std::uint32_t>{0, 1u << 24},
                 "tokens of each prompt per prefill pass; 0: all. Scopes layer and model");
    visit.number("head_weight_bits", self.head_weight_bits, Range<std::uint32_t>{1, 16},
                 "bits of the output head's integer weights; 16: FP16. Scope model");
    visit.flag("fuse_projections", self.fuse_projections,
               "Q, K and V are one GeMM, gate and up projection another: their activations are read once. Ignored with "
               "a trace");
    visit.flag("prefetch_weights", self.prefetch_weights,
               "the first weights of a GeMM load under the end of the operation before it, as far as they do not hold "
               "up its results");
    visit.path("expert_load", self.expert_load,
               "a file with the share of the tokens for each expert, one number per line; empty: equal shares",
               PathKind::file);
    visit.section("attention", self.attention,
                  "partitioning of attention and the unit that computes it; scopes layer and model");
    visit.number("layers", self.layers, Range<std::uint32_t>{0, 65536},
                 "decoder layers to run, from the first; 0: all of them");
  }

  void check(const std::string& path, Problems& problems) const;

  /// The batch in the scopes layer and model. Throws Error (input) for invalid prompts.
  std::vector<Sequences> sequences() const;

 private:
  void check_gemms(const std::string& path, Problems& problems) const;
  void check_inference(const std::string& path, Problems& problems) const;
};

}  // namespace anda::sim

#endif
