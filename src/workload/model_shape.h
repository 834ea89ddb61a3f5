// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_MODEL_SHAPE_H
#define ANDA_SIM_WORKLOAD_MODEL_SHAPE_H

#include <cstdint>
#include <string>
#include <vector>

namespace anda::sim {

enum class Norm { layer_norm, rms_norm };
enum class Activation { relu, gelu, silu };
/// How a model encodes the positions of its tokens.
enum class Positions { learned, rotary };

/// Mixture of experts in place of a layer's feed-forward part: each token goes to `per_token` of `count` routed experts
/// and to all shared ones.
struct Experts {
  std::uint64_t count = 0;              ///< routed experts; 0: the model is dense
  std::uint64_t per_token = 0;          ///< routed experts per token
  std::uint64_t intermediate_size = 0;  ///< width of a routed expert
  std::uint64_t shared_size = 0;        ///< combined width of the shared experts; 0: none
  bool shared_gate = false;             ///< a projection to one value weights the shared experts
  bool sigmoid = false;                 ///< router logits become scores by the sigmoid rather than softmax
  std::uint64_t group_scores = 0;       ///< top scores per group by which groups are chosen; 0: no choice
  bool router_bias = false;             ///< a bias per expert, added to the router's output (DeepSeek-V3)
  std::uint64_t dense_layers = 0;       ///< number of leading layers without experts
  std::uint64_t groups = 1;             ///< groups of routed experts; a token goes to experts of some groups only
  std::uint64_t groups_per_token = 1;   ///< groups per token at most
  std::uint64_t every = 1;              ///< period of the layers with experts: layer % every == every − 1

  bool in_layer(std::uint64_t layer) const { return count > 0 && layer >= dense_layers && (layer + 1) % every == 0; }
};

/// Multi-head latent attention (DeepSeek): the keys and values of all heads are derived from one latent vector per
/// token.
struct LatentAttention {
  std::uint64_t query_rank = 0;  ///< 0: queries are projected directly
  std::uint64_t kv_rank = 0;     ///< 0: the model has ordinary attention
  std::uint64_t rope_dim = 0;    ///< per head, with rotary positions; all heads share one such key part
  std::uint64_t nope_dim = 0;    ///< per head, without positions
  std::uint64_t value_dim = 0;   ///< of a head

  explicit operator bool() const { return kv_rank > 0; }
};

/// A decoder-only language model: everything that determines the operations of an inference and their sizes.
struct ModelShape {
  std::string name;
  std::uint64_t hidden_size = 0;        ///< d
  std::uint64_t intermediate_size = 0;  ///< f, width of the feed-forward part
  std::uint64_t layers = 0;             ///< decoder layers
  std::uint64_t heads = 0;              ///< attention heads
  std::uint64_t kv_heads = 0;           ///< key/value heads; fewer than heads in grouped-query attention
  std::uint64_t head_dim = 0;           ///< width of a head
  bool gated = false;                   ///< gate, up, down (LLaMA) rather than fc1, fc2 (OPT)
  std::uint64_t positions = 0;          ///< maximum sequence length in tokens; 0: unknown
  std::string defaults = {};  ///< values its file leaves to the family's defaults ("hidden_size = 4096"); empty: none
  std::string left_out = {};  ///< parts that its file describes but this shape omits ("the vision part")

  std::uint64_t vocabulary = 0;  ///< 0: unknown
  bool tied_embeddings = false;  ///< the output head reuses the embedding
  Norm norm = Norm::rms_norm;
  std::uint64_t norms_per_layer = 2;  ///< over the hidden size: 4 in Gemma 2 and 3, 1 where both parts share one (Phi)
  bool head_norms = false;            ///< Q and K of each head are normalised (Qwen3, Gemma 3)
  bool parallel_parts = false;        ///< attention and feed-forward part read the same input (NeoX, Phi)
  Activation activation = Activation::silu;
  Positions position_kind = Positions::rotary;
  std::uint64_t unused_positions = 0;  ///< rows of the learned position table before the first position (2 in OPT)
  std::uint64_t rotary_dim = 0;        ///< rotated width of a head; 0: the whole head
  std::uint64_t window = 0;            ///< sliding window in tokens; 0: no layer has one
  std::vector<bool> windowed = {};     ///< whether each layer has the window; empty: all of them, if there is one
  bool attention_bias = false;         ///< of Q, K and V
  bool output_bias = false;            ///< of the attention output
  bool feed_forward_bias = false;
  bool head_bias = false;
  std::uint64_t embedding_size = 0;  ///< embedding width if it is projected (OPT-350M); 0: hidden_size
  bool final_norm = true;
  Experts experts = {};
  LatentAttention latent = {};

  std::uint64_t query_width() const { return heads * (latent ? latent.nope_dim + latent.rope_dim : head_dim); }
  std::uint64_t kv_width() const { return kv_heads * head_dim; }
  /// Maximum number of tokens that a layer attends to; 0: no limit.
  std::uint64_t window_of(std::uint64_t layer) const {
    return window != 0 && (windowed.empty() || windowed.at(layer)) ? window : 0;
  }
};

/// Maximum number of parameters of a model.
inline constexpr std::uint64_t max_parameters = std::uint64_t{1} << 56;

/// Parameters of a model: weights, biases, norms, token and position tables.
struct ParameterCount {
  std::uint64_t total = 0;
  std::uint64_t active = 0;  ///< excluding experts that a token does not use; the whole embedding counts
};
/// Counts a model's parameters. Counts beyond 64 bits saturate at 2^64 − 1.
ParameterCount parameters_of(const ModelShape& shape);

/// Describes what is wrong with the shape ("hidden_size is 0; must be …"); empty if nothing is.
std::string problem_of(const ModelShape& shape);

/// The nine models of the Anda paper (HPCA 2025) in its order, followed by newer ones.
const std::vector<ModelShape>& built_in_models();

/// Finds a built-in model, ignoring case. Throws anda::Error (input) that lists the names.
const ModelShape& find_model(const std::string& name);

}  // namespace anda::sim

#endif
