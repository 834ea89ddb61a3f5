// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_WORKLOAD_FAMILIES_FAMILY_H
#define ANDA_SIM_WORKLOAD_FAMILIES_FAMILY_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "workload/families/config_reader.h"
#include "workload/model_shape.h"

namespace anda::sim {

/// How a family calls its sizes.
struct SizeKeys {
  const char* hidden = "hidden_size";
  const char* intermediate = "intermediate_size";
  const char* layers = "num_hidden_layers";
  const char* heads = "num_attention_heads";
  const char* positions = "max_position_embeddings";
  const char* activation = "hidden_act";
};

/// What a file of the family may leave out (transformers' configuration_*.py).
struct SizeDefaults {
  std::uint64_t hidden;
  std::uint64_t intermediate;  ///< 0: four times the hidden size
  std::uint64_t layers;
  std::uint64_t heads;
  std::uint64_t kv_heads;  ///< 0: as many as heads
  std::uint64_t head_dim;  ///< 0: hidden size by heads
  std::uint64_t vocabulary;
  std::uint64_t positions;
};

/// Which keys a family has for its heads, beside their number.
enum class HeadKeys {
  none,      ///< num_key_value_heads and head_dim are no keys of the family
  kv_heads,  ///< num_key_value_heads
  all,       ///< head_dim as well
  latent,    ///< those of latent attention
};

enum class Windows {
  none,
  all,          ///< in every layer where sliding_window is given
  from_layer,   ///< in layers from max_window_layers, if use_sliding_window
  stated,       ///< where layer_types says, if use_sliding_window
  alternating,  ///< in every other layer, from the first
  pattern,      ///< in all layers but each sliding_window_pattern-th
};

/// A type of model: what its config.json may hold and what it means.
struct Family {
  const char* type;
  SizeKeys keys;
  SizeDefaults sizes;
  HeadKeys heads;
  Windows windows;
  std::uint64_t window;  ///< sliding_window if the file does not say; 0: none
  /// The model as the family always is, before its file is read.
  ModelShape common;
  /// Reads what no other family has.
  void (*read_own)(ConfigReader& reader, ModelShape& shape);
  /// Keys that are refused elsewhere (shape_keys.h), but read here.
  std::vector<std::string_view> understood{};
  /// The object that holds the language part, with its own type; nullptr: the file does.
  const char* part = nullptr;
  const char* part_type = nullptr;
};

/// All of them, those of dense models first.
const std::vector<Family>& families();

// What the kinds of families read besides sizes, heads and windows.
void read_opt(ConfigReader& reader, ModelShape& shape);
void read_gpt2(ConfigReader& reader, ModelShape& shape);
void read_gpt_neox(ConfigReader& reader, ModelShape& shape);
void read_phi(ConfigReader& reader, ModelShape& shape);
void read_llama(ConfigReader& reader, ModelShape& shape);
void read_plain(ConfigReader& reader, ModelShape& shape);   ///< rotary positions, nothing else
void read_biased(ConfigReader& reader, ModelShape& shape);  ///< attention_bias
void read_mixtral(ConfigReader& reader, ModelShape& shape);
void read_qwen2_moe(ConfigReader& reader, ModelShape& shape);
void read_qwen3_moe(ConfigReader& reader, ModelShape& shape);
void read_deepseek_v2(ConfigReader& reader, ModelShape& shape);
void read_deepseek_v3(ConfigReader& reader, ModelShape& shape);

/// Heads, their widths, and those of keys and values; hidden size and heads are known.
void read_heads(ConfigReader& reader, const Family& family, ModelShape& shape);

/// The sliding window and the layers that have it.
void read_windows(ConfigReader& reader, const Family& family, ModelShape& shape);

/// How much of a head has rotary positions: a share, at this key or in the settings of the rotation.
void read_rotary(ConfigReader& reader, ModelShape& shape, const char* key, double of_family);

}  // namespace anda::sim

#endif
