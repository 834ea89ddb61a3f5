// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_LLM_DECODER_LAYER_H
#define ANDA_SIM_LLM_DECODER_LAYER_H

#include <string>
#include <vector>

#include "llm/checkpoint.h"
#include "llm/decoder_config.h"
#include "llm/linear.h"

namespace anda::sim {

/// Weights of a norm; empty if there is no norm.
struct NormWeights {
  std::vector<float> weight;
  std::vector<float> bias;  ///< layer norms only
};

/// Weights of a decoder layer.
struct DecoderLayer {
  Linear q, k, v, o;
  Linear gate;  ///< only in gated feed-forward parts
  Linear up;    ///< fc1
  Linear down;  ///< fc2
  NormWeights attention_norm;
  NormWeights after_attention;  ///< before the sum (Gemma 2)
  NormWeights feed_forward_norm;
  NormWeights after_feed_forward;  ///< before the sum (Gemma 2)
  NormWeights query_norm;          ///< for each head (Qwen 3)
  NormWeights key_norm;
};

/// Name of the output head among the tensors of a checkpoint; of the language part's head if the model has other parts.
std::string head_name(const Checkpoint& checkpoint);

/// Reads the tensors of a model from a checkpoint by the names of its family. All functions throw Error (input) with
/// the tensor that is missing or wrong.
class LayerReader {
 public:
  LayerReader(const DecoderConfig& config, const Checkpoint& checkpoint, const WeightRounding& rounding);

  /// "model." or its variant: checkpoints of a bare model lack this first word; those with the language model as a part
  /// have one more word.
  const std::string& prefix() const { return prefix_; }
  DecoderLayer layer(std::size_t index) const;
  NormWeights norm(const std::string& name, std::size_t width) const;
  Linear head() const;

 private:
  void read_attention(const std::string& name, DecoderLayer& layer) const;
  void read_feed_forward(const std::string& name, DecoderLayer& layer) const;
  void read_norms(const std::string& name, DecoderLayer& layer) const;

  const DecoderConfig& config_;
  const Checkpoint& checkpoint_;
  LinearReader linear_;
  std::string prefix_;
};

}  // namespace anda::sim

#endif
