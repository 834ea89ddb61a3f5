// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_LLM_DECODER_CONFIG_H
#define ANDA_SIM_LLM_DECODER_CONFIG_H

#include <cstdint>
#include <string>

#include "workload/model_shape.h"

namespace anda::sim {

/// What a decoder computes, from its config.json.
struct DecoderConfig {
  ModelShape shape;  ///< `gated` tells the LLaMA family from the OPT family
  std::uint64_t vocabulary = 0;
  std::uint64_t positions = 0;     ///< longest sequence
  bool norm_first = true;          ///< OPT: normalise before attention and feed-forward part, not after them
  bool attention_bias = false;     ///< of q, k, v and o
  bool feed_forward_bias = false;  ///< of fc1 and fc2, or gate, up and down
  bool tied_embeddings = false;    ///< the output head is the embedding
  float norm_epsilon = 1e-5F;
  double rope_theta = 10000;  ///< LLaMA: base of the rotary embedding's frequencies
};

/// Reads a config.json of model type opt or llama. Throws Error (input) with file and key, also for what a checkpoint
/// may ask for and the decoder doesn't do: another activation function, scaled rotary embeddings, projected embeddings.
DecoderConfig read_decoder_config(const std::string& path);

}  // namespace anda::sim

#endif
