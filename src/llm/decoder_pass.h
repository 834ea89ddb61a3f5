// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_LLM_DECODER_PASS_H
#define ANDA_SIM_LLM_DECODER_PASS_H

#include <cstddef>
#include <functional>
#include <vector>

#include "llm/activation_rounding.h"
#include "llm/attention_rounding.h"
#include "llm/decoder_config.h"
#include "llm/decoder_layer.h"
#include "llm/layer_math.h"

namespace anda::sim {

/// Memory and timers of one thread's passes.
struct DecoderWorkspace {
  std::vector<float> x, normed, q, k, v, attended, inner, up, change, scores, logits;
  double gemm_s = 0;      ///< processor time in FP-INT GeMMs, without the threads that OpenBLAS starts
  double rounding_s = 0;  ///< processor time in rounding their inputs, queries, keys and values
  std::function<bool()> go_on = [] { return true; };  ///< polled before each layer; false ends the pass
};

/// Runs decoder layers over several sequences, in the workspace's x [sequences × length × hidden].
class DecoderPass {
 public:
  DecoderPass(const DecoderConfig& config, const RotaryTable& rotary, std::size_t sequences, std::size_t length,
              const ActivationRounding& rounding, DecoderWorkspace& work)
      : config_(config),
        shape_(config.shape),
        rotary_(rotary),
        sequences_(sequences),
        length_(length),
        rows_(sequences * length),
        rounding_(rounding),
        work_(work) {}

  /// Throws Error (run) with layer and tensor for an activation beyond FP16, and "interrupted" if the workspace's go_on
  /// returns false.
  void run(const DecoderLayer& layer, std::size_t index);

 private:
  enum TensorType : std::size_t { a_qkv, a_o, a_u, a_d };

  template <class Part>
  void half_layer(const NormWeights& norm, const NormWeights& after, Part part);
  void attend(const DecoderLayer& layer, std::size_t index);
  void round_attention(const AttentionRounding& rounding);
  void feed_forward(const DecoderLayer& layer, std::size_t index);
  void gemm(const Linear& layer, const std::vector<float>& x, std::vector<float>& y);
  void round(std::vector<float>& values, std::size_t layer, TensorType tensor);

  const DecoderConfig& config_;
  const ModelShape& shape_;
  const RotaryTable& rotary_;
  std::size_t sequences_;
  std::size_t length_;
  std::size_t rows_;
  const ActivationRounding& rounding_;
  DecoderWorkspace& work_;
};

/// y = norm(x) for rows as long as the norm's weights; y may be x.
void apply_norm(const DecoderConfig& config, const NormWeights& norm, const float* x, std::size_t rows, float* y);

}  // namespace anda::sim

#endif
