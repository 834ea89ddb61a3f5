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
  ModelShape shape;  ///< `norm` distinguishes the OPT family from the others
  std::uint64_t vocabulary = 0;
  std::uint64_t positions = 0;     ///< maximum length of a sequence
  bool norm_first = true;          ///< OPT: normalise before attention and feed-forward part, not after them
  bool attention_bias = false;     ///< biases of q, k and v
  bool output_bias = false;        ///< bias of o
  bool feed_forward_bias = false;  ///< biases of fc1 and fc2, or of gate, up and down
  bool tied_embeddings = false;    ///< the output head is the embedding
  bool fused = false;              ///< q, k and v are one tensor, gate and up another (Phi-3)
  bool norms_add_one = false;      ///< norms multiply by 1 + weight (Gemma)
  float norm_epsilon = 1e-5F;
  float embedding_scale = 1;  ///< factor of embeddings at the input of the first layer (Gemma)
  float score_scale = 1;      ///< factor of query-key products
  float score_cap = 0;        ///< scores become cap · tanh(score / cap); 0: no cap (Gemma 2)
  float logit_cap = 0;        ///< the same for logits
  double rope_theta = 10000;  ///< base of the rotary embedding's frequencies
  RotaryScaling rotary_scaling;
  std::optional<double>
      window_rope_theta;  ///< the base for layers with a window, without scaling, if it differs (Gemma 3)
  std::optional<Quantisation> quantisation;  ///< of the linear layers
};

/// The model types that can be evaluated.
std::vector<std::string> decoder_types();

/// Reads a config.json of one of decoder_types(). Throws Error (input) with file and key, including for features that
/// the decoder does not support: other activation functions, other scalings of rotary embeddings, projected embeddings.
DecoderConfig read_decoder_config(const std::string& path);

}  // namespace anda::sim

#endif
