// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_MODEL_SHAPE_H
#define ANDA_SIM_WORKLOAD_MODEL_SHAPE_H

#include <cstdint>
#include <string>
#include <vector>

namespace anda::sim {

enum class Norm { layer_norm, rms_norm };
enum class Activation { relu, gelu, silu };
/// How a model tells the positions of its tokens.
enum class Positions { learned, rotary };

/// Experts in the place of a layer's feed-forward part: each token goes to `per_token` of `count` experts and to all
/// shared ones.
struct Experts {
  std::uint64_t count = 0;              ///< routed experts; 0: the model is dense
  std::uint64_t per_token = 0;          ///< of the routed ones
  std::uint64_t intermediate_size = 0;  ///< width of a routed expert
  std::uint64_t shared_size = 0;        ///< width of the shared experts together; 0: none
  bool shared_gate = false;             ///< a projection to one value weighs the shared experts
  bool sigmoid = false;                 ///< what the router says becomes scores by the sigmoid, not by softmax
  std::uint64_t group_scores = 0;       ///< of each group, the largest, by which groups are chosen; 0: none are
  bool router_bias = false;             ///< a number an expert, added to what the router says (DeepSeek-V3)
  std::uint64_t dense_layers = 0;       ///< the first so many layers have none
  std::uint64_t groups = 1;             ///< that the routed experts are in; a token goes to some of them only
  std::uint64_t groups_per_token = 1;   ///< at most
  std::uint64_t every = 1;              ///< of the others, each so many-th has them (layer % every == every − 1)

  bool in_layer(std::uint64_t layer) const { return count > 0 && layer >= dense_layers && (layer + 1) % every == 0; }
};

/// Multi-head latent attention (DeepSeek): keys and values of all heads are made from one vector a token.
struct LatentAttention {
  std::uint64_t query_rank = 0;  ///< 0: queries are projected directly
  std::uint64_t kv_rank = 0;     ///< 0: the model has ordinary attention
  std::uint64_t rope_dim = 0;    ///< of a head, with positions; the keys' is one for all heads
  std::uint64_t nope_dim = 0;    ///< of a head, without positions
  std::uint64_t value_dim = 0;   ///< of a head

  explicit operator bool() const { return kv_rank > 0; }
};

/// A decoder-only language model: everything that decides the operations of an inference and their sizes.
struct ModelShape {
  std::string name;
  std::uint64_t hidden_size = 0;        ///< d
  std::uint64_t intermediate_size = 0;  ///< f, width of the feed-forward part
  std::uint64_t layers = 0;             ///< decoder layers
  std::uint64_t heads = 0;              ///< attention heads
  std::uint64_t kv_heads = 0;           ///< key/value heads; fewer than heads in grouped-query attention
  std::uint64_t head_dim = 0;           ///< width of a head
  bool gated = false;                   ///< gate, up, down (LLaMA) rather than fc1, fc2 (OPT)
  std::uint64_t positions = 0;          ///< most tokens of a sequence; 0: not known
  std::string defaults = {};            ///< what its file leaves to the family ("hidden_size = 4096"), empty: nothing
  std::string left_out = {};            ///< what its file describes and this shape is without ("the vision part")

  std::uint64_t vocabulary = 0;  ///< 0: not known
  bool tied_embeddings = false;  ///< the output head is the embedding
  Norm norm = Norm::rms_norm;
  std::uint64_t norms_per_layer = 2;  ///< over the hidden size: 4 in Gemma 2 and 3, 1 where the parts share one (Phi)
  bool head_norms = false;            ///< Q and K of each head are normalised (Qwen3, Gemma 3)
  bool parallel_parts = false;        ///< attention and feed-forward part read the same input (NeoX, Phi)
  Activation activation = Activation::silu;
  Positions position_kind = Positions::rotary;
  std::uint64_t unused_positions = 0;  ///< rows of the table of learned positions before the first one (2 in OPT)
  std::uint64_t rotary_dim = 0;        ///< of a head; 0: all of it
  std::uint64_t window = 0;            ///< tokens that a layer with a sliding window attends to; 0: no layer has one
  std::vector<bool> windowed = {};     ///< by layer, whether it has the window; empty: all have it if there is one
  bool attention_bias = false;         ///< of Q, K and V
  bool output_bias = false;            ///< of the attention output
  bool feed_forward_bias = false;
  bool head_bias = false;
  std::uint64_t embedding_size = 0;  ///< width of the embedding where it is projected (OPT-350M); 0: hidden_size
  bool final_norm = true;
  Experts experts = {};
  LatentAttention latent = {};

  std::uint64_t query_width() const { return heads * (latent ? latent.nope_dim + latent.rope_dim : head_dim); }
  std::uint64_t kv_width() const { return kv_heads * head_dim; }
  /// Tokens that a layer attends to at most; 0: all.
  std::uint64_t window_of(std::uint64_t layer) const {
    return window != 0 && (windowed.empty() || windowed.at(layer)) ? window : 0;
  }
};

/// Most parameters of a model.
inline constexpr std::uint64_t max_parameters = std::uint64_t{1} << 56;

/// All parameters of a model: weights, biases, norms, tables of tokens and positions.
struct ParameterCount {
  std::uint64_t total = 0;
  std::uint64_t active = 0;  ///< without the experts that a token does not go to; the whole embedding counts
};
/// Numbers too large for 64 bits come out as 2^64 − 1.
ParameterCount parameters_of(const ModelShape& shape);

/// What is wrong with the shape ("hidden_size is 0; must be …"), empty if nothing is.
std::string problem_of(const ModelShape& shape);

/// The nine models of the Anda paper (HPCA 2025) in its order, then newer ones.
const std::vector<ModelShape>& built_in_models();

/// A built-in model, letter case apart. Throws anda::Error (input) that lists the names.
const ModelShape& find_model(const std::string& name);

}  // namespace anda::sim

#endif
