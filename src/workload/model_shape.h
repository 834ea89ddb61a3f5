// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_MODEL_SHAPE_H
#define ANDA_SIM_WORKLOAD_MODEL_SHAPE_H

#include <cstdint>
#include <string>
#include <vector>

namespace anda::sim {

/// What of a decoder-only language model decides its FP-INT GeMMs. Vocabulary and positions don't; the latter tell what
/// the model was made for.
struct ModelShape {
  std::string name;
  std::uint64_t hidden_size = 0;        ///< d
  std::uint64_t intermediate_size = 0;  ///< f, width of the feed-forward part
  std::uint64_t layers = 0;             ///< decoder layers
  std::uint64_t heads = 0;              ///< attention heads
  std::uint64_t kv_heads = 0;           ///< key/value heads; fewer than heads in grouped-query attention
  std::uint64_t head_dim = 0;           ///< width of a head
  bool gated = false;                   ///< LLaMA family (gate, up, down) rather than OPT (fc1, fc2)
  std::uint64_t positions = 0;          ///< most tokens of a sequence; 0: not known
  std::string defaults = {};            ///< what its file leaves to the family ("hidden_size = 4096"), empty: nothing

  std::uint64_t query_width() const { return heads * head_dim; }
  std::uint64_t kv_width() const { return kv_heads * head_dim; }
};

/// What is wrong with the shape ("hidden_size is 0; must be …"), empty if nothing is.
std::string problem_of(const ModelShape& shape);

/// The nine models of the Anda paper (HPCA 2025), in its order.
const std::vector<ModelShape>& built_in_models();

/// A built-in model, letter case apart. Throws anda::Error (input) that lists the names.
const ModelShape& find_model(const std::string& name);

}  // namespace anda::sim

#endif
