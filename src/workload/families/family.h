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

/// A family's key names for its sizes.
struct SizeKeys {
  const char* hidden = "hidden_size";
  const char* intermediate = "intermediate_size";
  const char* layers = "num_hidden_layers";
  const char* heads = "num_attention_heads";
  const char* positions = "max_position_embeddings";
  const char* activation = "hidden_act";
};

/// Defaults for keys that a file of the family may omit (transformers' configuration_*.py).
struct SizeDefaults {
  std::uint64_t hidden;
  std::uint64_t intermediate;  ///< 0: four times the hidden size
  std::uint64_t layers;
  std::uint64_t heads;
  std::uint64_t kv_heads;  ///< 0: as many as heads
  std::uint64_t head_dim;  ///< 0: hidden size / heads
  std::uint64_t vocabulary;
  std::uint64_t positions;
};

/// The keys a family has for its heads besides their number.
enum class HeadKeys {
  none,      ///< neither num_key_value_heads nor head_dim is a key
  kv_heads,  ///< num_key_value_heads
  all,       ///< head_dim as well
  latent,    ///< the keys of latent attention
};

enum class Windows {
  none,
  all,          ///< in every layer, if sliding_window is given
  from_layer,   ///< in layers from max_window_layers on, if use_sliding_window
  stated,       ///< in the layers that layer_types names, if use_sliding_window
  alternating,  ///< in every second layer, starting with the first
  pattern,      ///< in all layers except every sliding_window_pattern-th
};

/// A model type: the keys its config.json may hold and what they mean.
struct Family {
  const char* type;
  SizeKeys keys;
  SizeDefaults sizes;
  HeadKeys heads;
  Windows windows;
  std::uint64_t window;  ///< default of sliding_window; 0: none
  /// Properties common to the family, set before its file is read.
  ModelShape common;
  /// Reads the keys specific to this family.
  void (*read_own)(ConfigReader& reader, ModelShape& shape);
  /// Keys that are rejected for other families (shape_keys.h) but read here.
  std::vector<std::string_view> understood{};
  /// The object that holds the language part, and its own type; nullptr: the whole file is the language part.
  const char* part = nullptr;
  const char* part_type = nullptr;
};

/// All families, dense models first.
const std::vector<Family>& families();

// Family-specific readers, for everything besides sizes, heads and windows.
void read_opt(ConfigReader& reader, ModelShape& shape);
void read_gpt2(ConfigReader& reader, ModelShape& shape);
void read_gpt_neox(ConfigReader& reader, ModelShape& shape);
void read_phi(ConfigReader& reader, ModelShape& shape);
void read_llama(ConfigReader& reader, ModelShape& shape);
void read_plain(ConfigReader& reader, ModelShape& shape);   ///< rotary positions only
void read_biased(ConfigReader& reader, ModelShape& shape);  ///< attention_bias
void read_mixtral(ConfigReader& reader, ModelShape& shape);
void read_qwen2_moe(ConfigReader& reader, ModelShape& shape);
void read_qwen3_moe(ConfigReader& reader, ModelShape& shape);
void read_deepseek_v2(ConfigReader& reader, ModelShape& shape);
void read_deepseek_v3(ConfigReader& reader, ModelShape& shape);

/// Reads the heads, their widths, and the key/value heads; needs the hidden size and the number of heads.
void read_heads(ConfigReader& reader, const Family& family, ModelShape& shape);

/// Reads the sliding window and the layers that have it.
void read_windows(ConfigReader& reader, const Family& family, ModelShape& shape);

/// Reads the rotated share of a head, from this key or from the rotation's settings.
void read_rotary(ConfigReader& reader, ModelShape& shape, const char* key, double of_family);

}  // namespace anda::sim

#endif
