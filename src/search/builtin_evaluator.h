// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SEARCH_BUILTIN_EVALUATOR_H
#define ANDA_SIM_SEARCH_BUILTIN_EVALUATOR_H

#include <anda/numeric/weight_format.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "llm/decoder.h"
#include "llm/token_file.h"
#include "search/evaluator.h"

namespace anda::sim {

struct BuiltinEvaluatorConfig {
  std::string model;                         ///< folder with config.json and *.safetensors
  std::string tokens;                        ///< file of token ids, see token_file.h
  TokenType token_type = TokenType::uint16;  ///< of a raw token file
  std::size_t length = 0;                    ///< tokens of a window; 0: the model's positions, at most 2048
  std::uint32_t group_size = 64;             ///< of the Anda format
  WeightRounding weights = WeightFormat{};   ///< none: as they are stored
  unsigned threads = 0;                      ///< 0: as many as the machine has processors
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
  /// With activations that are not rounded at all.
  double fp32_perplexity();

  const DecoderConfig& decoder_config() const { return decoder_.config(); }
  std::size_t length() const { return length_; }
  std::size_t windows() const { return tokens_.size() / length_; }

  /// What every GeMM input is rounded to.
  ActivationRounding fp16() const;
  ActivationRounding anda(const Precisions& precisions) const;

  /// logits[windows × length × vocabulary] in FP32; no rounding: FP32 activations.
  std::vector<float> logits(const ActivationRounding& rounding);

  /// Processor time in FP-INT GeMMs and in rounding their inputs, of all threads together since the start; without the
  /// threads that OpenBLAS makes where there are more of them than windows.
  double gemm_s() const { return gemm_s_; }
  double rounding_s() const { return rounding_s_; }

 private:
  double perplexity_with(const ActivationRounding& rounding);
  /// Runs all windows, some at a time on each thread, and gives their logits to use(first window, logits).
  template <class Use>
  void over_windows(const ActivationRounding& rounding, Use use);

  Decoder decoder_;
  std::vector<std::uint32_t> tokens_;
  std::size_t length_ = 0;
  std::uint32_t group_size_ = 0;
  unsigned threads_ = 0;
  std::function<bool()> go_on_;
  double gemm_s_ = 0;
  double rounding_s_ = 0;
};

}  // namespace anda::sim

#endif
