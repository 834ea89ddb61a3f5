// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_LLM_DECODER_H
#define ANDA_SIM_LLM_DECODER_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "llm/activation_rounding.h"
#include "llm/checkpoint.h"
#include "llm/decoder_config.h"
#include "llm/layer_math.h"
#include "llm/linear.h"

namespace anda::sim {

/// Memory and clocks of one thread's passes.
struct DecoderWorkspace {
  std::vector<float> x, normed, q, k, v, attended, inner, up, change, scores;
  double gemm_s = 0;      ///< processor time in FP-INT GeMMs, without threads that OpenBLAS makes
  double rounding_s = 0;  ///< processor time in rounding their inputs, queries, keys and values
  std::function<bool()> go_on = [] { return true; };  ///< asked before each layer; false ends the pass
};

/// A decoder-only language model of the OPT or LLaMA family in FP32, but for what is rounded. Any number of threads
/// may run it, each with a workspace of its own.
class Decoder {
 public:
  /// Throws Error (input) naming the tensor that is missing or wrong.
  Decoder(const DecoderConfig& config, const Checkpoint& checkpoint, const WeightRounding& rounding);

  const DecoderConfig& config() const { return config_; }

  /// logits[sequences × length × vocabulary] of tokens[sequences × length], every sequence from position 0. `rounding`
  /// has an entry for each layer at every position, or is empty. Throws Error (run) for an activation beyond FP16,
  /// naming layer and tensor, and "interrupted" if the workspace says so.
  void run(const std::uint32_t* tokens, std::size_t sequences, std::size_t length, const ActivationRounding& rounding,
           DecoderWorkspace& workspace, std::vector<float>& logits) const;

 private:
  struct Norm {
    std::vector<float> weight;
    std::vector<float> bias;  ///< OPT only
  };
  struct Layer {
    Linear q, k, v, o;
    Linear gate;  ///< LLaMA only
    Linear up;    ///< fc1
    Linear down;  ///< fc2
    Norm attention_norm;
    Norm feed_forward_norm;
  };
  class Pass;

  /// Throws Error (input) if the checkpoint has a head of its own that the configuration would leave out.
  void check_tied_head(const Checkpoint& checkpoint) const;
  Norm read_norm(const Checkpoint& checkpoint, const std::string& name) const;
  Layer read_layer(const Checkpoint& checkpoint, const std::string& name, const WeightRounding& rounding) const;
  void apply(const Norm& norm, const float* x, std::size_t rows, float* y) const;

  DecoderConfig config_;
  RotaryTable rotary_;
  std::vector<float> embedding_;  ///< [vocabulary × hidden]
  std::vector<float> positions_;  ///< OPT: [positions + 2 × hidden]
  std::vector<Layer> layers_;
  Norm final_norm_;  ///< without weights: none
  Linear head_;      ///< without weights: the embedding
};

}  // namespace anda::sim

#endif
