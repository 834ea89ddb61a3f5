// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_LLM_DECODER_H
#define ANDA_SIM_LLM_DECODER_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "llm/activation_rounding.h"
#include "llm/checkpoint.h"
#include "llm/decoder_config.h"
#include "llm/decoder_layer.h"
#include "llm/decoder_pass.h"
#include "llm/layer_math.h"
#include "llm/linear.h"

namespace anda::sim {

/// Where the weights of a decoder are kept: in memory in FP32, or only in the checkpoint's files, from which each layer
/// is read when it is needed.
enum class WeightPlace { memory, files };

/// A decoder-only language model of a family of decoder_types(), computed in FP32 apart from the rounding. Any number
/// of threads may run it, each with its own workspace.
class Decoder {
 public:
  /// `length` is that of the longest sequence that will run. `weight_format`: format to which the weights of all FP-INT
  /// GeMMs are then rounded further, with the k weights of an output as a row; nullptr: none. Throws Error (input) with
  /// the tensor that is missing or wrong; with the weights in files, only tensors that are read immediately are
  /// checked.
  Decoder(const DecoderConfig& config, Checkpoint checkpoint, const WeightRounding& rounding, std::size_t length,
          WeightPlace place = WeightPlace::memory, std::shared_ptr<const OperandFormat> weight_format = nullptr);
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  const DecoderConfig& config() const { return config_; }
  WeightPlace place() const { return place_; }

  /// Computes logits[sequences × length × vocabulary] of tokens[sequences × length]; every sequence starts at position
  /// 0. `rounding` has an entry for each layer at every position, or is empty. Weights must be in memory. Throws Error
  /// (run) with layer and tensor for an activation beyond FP16, and "interrupted" if the workspace's go_on returns
  /// false.
  void run(const std::uint32_t* tokens, std::size_t sequences, std::size_t length, const ActivationRounding& rounding,
           DecoderWorkspace& workspace, std::vector<float>& logits) const;

  // The steps of run(), for weights in either place: the input of the first layer; each layer, in the workspace's x;
  // the logits of the last layer's output.
  void embed(const std::uint32_t* tokens, std::size_t sequences, std::size_t length, std::vector<float>& x) const;
  DecoderLayer read_layer(std::size_t index) const;
  void run_layer(const DecoderLayer& layer, std::size_t index, std::size_t sequences, std::size_t length,
                 const ActivationRounding& rounding, DecoderWorkspace& workspace) const;
  /// [vocabulary × hidden]
  std::vector<float> read_head() const;
  void finish(const std::vector<float>& head, std::size_t rows, std::vector<float>& x,
              std::vector<float>& logits) const;

 private:
  /// Throws Error (input) if the checkpoint has its own output head that the configuration would ignore.
  void check_tied_head() const;

  DecoderConfig config_;
  Checkpoint checkpoint_;
  WeightRounding rounding_;
  std::shared_ptr<const OperandFormat> weight_format_;
  WeightPlace place_;
  RotaryTable rotary_;
  RotaryTable window_rotary_;  ///< for layers with a window; empty: the same as rotary_
  std::string embedding_name_;
  std::vector<float> embedding_;  ///< [vocabulary × hidden]; only with weights in memory
  std::vector<float> positions_;  ///< OPT: [positions + 2 × hidden]
  std::vector<DecoderLayer> layers_;
  NormWeights final_norm_;   ///< without weights: no norm
  std::vector<float> head_;  ///< empty: same as the embedding, or in files
};

}  // namespace anda::sim

#endif
