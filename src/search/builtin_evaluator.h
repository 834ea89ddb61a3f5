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

/// Formats to which the attention's tensors are rounded; those without one stay FP32.
struct AttentionFormats {
  std::optional<std::uint32_t> q_bits;  ///< mantissa bits of queries, in groups of the Anda format's size
  std::optional<std::uint32_t> p_bits;  ///< mantissa bits of probabilities
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
  WeightRounding weights = WeightFormat{};             ///< rounding of the weights; none: used as stored
  std::shared_ptr<const OperandFormat> weight_format;  ///< format to which weights are rounded further; nullptr: none
  AttentionFormats attention;      ///< unless a precision has other lengths; not used by the baseline
  unsigned threads = 0;            ///< 0: as many as processors
  std::uint64_t memory_bytes = 0;  ///< maximum memory use; 0: three quarters of the available memory
};

/// A text's perplexity and what it is computed from.
struct Measurement {
  double perplexity = 0;
  std::vector<double>
      surprises;  ///< mean −log of the probability of each position of a window; [0] is 0, not predicted

  /// The perplexity of the tokens at positions first … end − 1 of their windows.
  double perplexity_of(std::size_t first, std::size_t end) const;
};

/// Measures the perplexity of a language model on a text with the decoder of src/llm: exp of the mean negative
/// log-likelihood of all tokens but the first of each window. Windows don't overlap; tokens after the last whole window
/// are ignored.
class BuiltinEvaluator : public Evaluator {
 public:
  /// Loads the model. Throws Error (input) with the file, and with the key, tensor or token in it. `go_on`, polled
  /// before each layer of every pass by the calling thread only, ends an evaluation with Error (run) by returning
  /// false.
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

  /// The baseline: inputs of the FP-INT GeMMs in FP16, attention in FP32.
  ActivationRounding fp16() const;
  /// The same, with the inputs then rounded to an operand format.
  ActivationRounding operand(const std::shared_ptr<const OperandFormat>& format) const;
  /// No rounding: everything in FP32.
  ActivationRounding fp32() const { return {{0, std::vector<LayerRounding>(decoder_.config().shape.layers)}}; }
  /// Inputs in Anda format, and attention in the formats of the configuration with the lengths of the precisions.
  ActivationRounding anda(const Precisions& precisions) const;
  /// Adds the attention's formats to a rounding. Throws Error (input) for lengths of tensors whose format cannot have
  /// them.
  ActivationRounding with_attention(ActivationRounding rounding, const AttentionLengths& lengths = {}) const;
  std::uint32_t group_size() const { return group_size_; }

  /// Computes logits[windows × length × vocabulary] in FP32; an empty rounding means FP32 activations.
  std::vector<float> logits(const ActivationRounding& rounding);

  /// Processor time of all threads since the start in FP-INT GeMMs and in rounding their inputs. It excludes the
  /// threads that OpenBLAS starts if there are more threads than windows.
  double gemm_s() const { return runs_.gemm_s(); }
  double rounding_s() const { return runs_.rounding_s(); }
  WeightPlace weight_place() const { return decoder_.place(); }

 private:
  BuiltinEvaluator(const BuiltinEvaluatorConfig& config, const DecoderConfig& model, std::function<bool()> go_on);

  void round_inputs(LayerRounding& rounding, const Combination& bits) const;
  /// Runs parts of the text; stores −log of the probability of each token at its place in `surprises`.
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
  std::vector<double> baseline_;  ///< surprises of the baseline, once they are known
};

}  // namespace anda::sim

#endif
