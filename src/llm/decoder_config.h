// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_LLM_DECODER_CONFIG_H
#define ANDA_SIM_LLM_DECODER_CONFIG_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "llm/layer_math.h"
#include "llm/quantisation.h"
#include "workload/model_shape.h"

namespace anda::sim {

/// What a decoder computes, from its config.json.
struct DecoderConfig {
  ModelShape shape;  ///< `norm` tells the OPT family from the others
  std::uint64_t vocabulary = 0;
  std::uint64_t positions = 0;     ///< longest sequence
  bool norm_first = true;          ///< OPT: normalise before attention and feed-forward part, not after them
  bool attention_bias = false;     ///< of q, k and v
  bool output_bias = false;        ///< of o
  bool feed_forward_bias = false;  ///< of fc1 and fc2, or gate, up and down
  bool tied_embeddings = false;    ///< the output head is the embedding
  bool fused = false;              ///< q, k and v are one tensor, gate and up another (Phi-3)
  bool norms_add_one = false;      ///< norms multiply by 1 + weight (Gemma)
  float norm_epsilon = 1e-5F;
  float embedding_scale = 1;  ///< of embeddings where they enter the layers (Gemma)
  float score_scale = 1;      ///< of queries times keys
  float score_cap = 0;        ///< they become cap · tanh(score / cap); 0: they don't (Gemma 2)
  float logit_cap = 0;        ///< the same of logits
  double rope_theta = 10000;  ///< base of the rotary embedding's frequencies
  RotaryScaling rotary_scaling;
  std::optional<double>
      window_rope_theta;  ///< that of layers with a window, without scaling, if it is another (Gemma 3)
  std::optional<Quantisation> quantisation;  ///< of the linear layers
};

/// The model types that are evaluated.
std::vector<std::string> decoder_types();

/// Reads a config.json of one of decoder_types(). Throws Error (input) with file and key, also for what a checkpoint
/// may ask for and the decoder doesn't do: another activation function, other scaled rotary embeddings, projected
/// embeddings.
DecoderConfig read_decoder_config(const std::string& path);

}  // namespace anda::sim

#endif
