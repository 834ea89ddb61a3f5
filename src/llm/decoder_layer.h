// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_LLM_DECODER_LAYER_H
#define ANDA_SIM_LLM_DECODER_LAYER_H

#include <string>
#include <vector>

#include "llm/checkpoint.h"
#include "llm/decoder_config.h"
#include "llm/linear.h"

namespace anda::sim {

/// Weights of a norm; without any there is none.
struct NormWeights {
  std::vector<float> weight;
  std::vector<float> bias;  ///< layer norms only
};

/// Weights of a decoder layer.
struct DecoderLayer {
  Linear q, k, v, o;
  Linear gate;  ///< of gated feed-forward parts
  Linear up;    ///< fc1
  Linear down;  ///< fc2
  NormWeights attention_norm;
  NormWeights after_attention;  ///< before the sum (Gemma 2)
  NormWeights feed_forward_norm;
  NormWeights after_feed_forward;  ///< before the sum (Gemma 2)
  NormWeights query_norm;          ///< of each head (Qwen 3)
  NormWeights key_norm;
};

/// The output head among the tensors of a checkpoint, that of a language part where the model has others.
std::string head_name(const Checkpoint& checkpoint);

/// Takes the tensors of a model out of a checkpoint by the names of its family. Everything throws Error (input) naming
/// the tensor that is missing or wrong.
class LayerReader {
 public:
  LayerReader(const DecoderConfig& config, const Checkpoint& checkpoint, const WeightRounding& rounding);

  /// "model.", or without it: checkpoints of the bare model lack the first word; those of which the language model is a
  /// part have one more.
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
