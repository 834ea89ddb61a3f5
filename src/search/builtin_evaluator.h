// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SEARCH_BUILTIN_EVALUATOR_H
#define ANDA_SIM_SEARCH_BUILTIN_EVALUATOR_H

#include <anda/numeric/cache_format.h>
#include <anda/numeric/weight_format.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "llm/decoder.h"
#include "llm/token_file.h"
#include "search/evaluator.h"
#include "search/window_runs.h"

namespace anda::sim {

/// What the attention's tensors are rounded to; what has nothing stays FP32.
struct AttentionFormats {
  std::optional<std::uint32_t> q_bits;  ///< mantissa bits of queries, in groups of the Anda format's size
  std::optional<std::uint32_t> p_bits;  ///< of probabilities
  std::optional<CacheFormat> k;
  std::optional<CacheFormat> v;

  bool any() const { return q_bits || p_bits || k || v; }
};

struct BuiltinEvaluatorConfig {
  std::string model;                                   ///< folder with config.json and *.safetensors
  std::string tokens;                                  ///< file of token ids, see token_file.h
  TokenType token_type = TokenType::uint16;            ///< of a raw token file
  std::size_t length = 0;                              ///< tokens of a window; 0: the model's positions, at most 2048
  std::uint32_t group_size = 64;                       ///< of the Anda format
  WeightRounding weights = WeightFormat{};             ///< none: as they are stored
  std::shared_ptr<const OperandFormat> weight_format;  ///< what they are rounded to further; nullptr: nothing
  AttentionFormats attention;                          ///< unless a precision has other lengths; not of the baseline
  unsigned threads = 0;                                ///< 0: as many as the machine has processors
  std::uint64_t memory_bytes = 0;                      ///< to take at most; 0: three quarters of what is available
};

/// A text's perplexity, and how it comes about.
struct Measurement {
  double perplexity = 0;
  std::vector<double>
      surprises;  ///< mean −log of the probability of each position of a window; [0] is 0, not predicted

  /// The perplexity of the tokens at positions first … end − 1 of their windows.
  double perplexity_of(std::size_t first, std::size_t end) const;
};

/// Perplexity of a language model on a text by the decoder of src/llm: exp of the mean negative log-likelihood of each
/// token after the first of its window. Windows don't overlap; what is left after the last whole one is not used.
class BuiltinEvaluator : public Evaluator {
 public:
  /// Loads the model. Throws Error (input) naming the file, and the key, tensor or token in it.
  /// `go_on`, asked before each layer of every pass and by the calling thread only, ends an evaluation with Error (run)
  /// by returning false.
  explicit BuiltinEvaluator(
      const BuiltinEvaluatorConfig& config, std::function<bool()> go_on = [] { return true; });

  double baseline() override;
  double perplexity(const Precisions& precisions) override;
  Evaluated perplexity_within(const Precisions& precisions, double tolerance) override;
  PositionPerplexities by_position(const Precisions* precisions, const std::vector<std::uint32_t>& positions) override;
  Measurement measure(const ActivationRounding& rounding);

  const DecoderConfig& decoder_config() const { return decoder_.config(); }
  std::size_t length() const { return length_; }
  std::size_t windows() const { return tokens_.size() / length_; }

  /// Inputs of the FP-INT GeMMs in FP16, the attention in FP32: the baseline.
  ActivationRounding fp16() const;
  /// The same, and then in an operand format.
  ActivationRounding operand(const std::shared_ptr<const OperandFormat>& format) const;
  /// The same with all in FP32: nothing is rounded.
  ActivationRounding fp32() const { return {{0, std::vector<LayerRounding>(decoder_.config().shape.layers)}}; }
  /// Inputs in Anda format, and the attention in the formats of configuration and precisions.
  ActivationRounding anda(const Precisions& precisions) const;
  /// A rounding with the attention's formats in it. Throws Error (input) for lengths of what has no format to have
  /// them.
  ActivationRounding with_attention(ActivationRounding rounding, const AttentionLengths& lengths = {}) const;
  std::uint32_t group_size() const { return group_size_; }

  /// logits[windows × length × vocabulary] in FP32; no rounding: FP32 activations.
  std::vector<float> logits(const ActivationRounding& rounding);

  /// Processor time in FP-INT GeMMs and in rounding their inputs, of all threads together since the start; without the
  /// threads that OpenBLAS makes where there are more of them than windows.
  double gemm_s() const { return runs_.gemm_s(); }
  double rounding_s() const { return runs_.rounding_s(); }
  WeightPlace weight_place() const { return decoder_.place(); }

 private:
  BuiltinEvaluator(const BuiltinEvaluatorConfig& config, const DecoderConfig& model, std::function<bool()> go_on);

  void round_inputs(LayerRounding& rounding, const Combination& bits) const;
  /// Runs parts of the text; −log of the probability of each token goes to its place in `surprises`.
  void run(const std::vector<std::size_t>& parts, const ActivationRounding& rounding, std::vector<double>& surprises);
  Measurement measurement_of(const std::vector<double>& surprises) const;
  /// The sum of a part's surprises.
  double sum_of(const std::vector<double>& surprises, std::size_t part) const;

  std::vector<std::uint32_t> tokens_;
  std::size_t length_ = 0;
  std::uint32_t group_size_ = 0;
  AttentionFormats attention_;
  unsigned threads_ = 0;
  MemoryPlan plan_;
  Decoder decoder_;
  WindowRuns runs_;
  std::vector<double> baseline_;  ///< its surprises, once they are known
};

}  // namespace anda::sim

#endif
