// SPDX-License-Identifier: Apache-2.0
#include "llm/rotary_config.h"

#include <fmt/format.h>

#include <string>

#include "text/text.h"

namespace anda::sim {
namespace {

using nlohmann::json;

/// A number above 0 in the rotation's settings.
double number_of(const JsonFile& file, const char* key, const char* name) {
  const json& settings = file.root().at(key);
  const auto found = settings.find(name);
  if (found == settings.end() || !found->is_number() || !(found->get<double>() > 0)) {
    throw file.error(fmt::format("key {}: {} must be a number above 0", key, name));
  }
  return found->get<double>();
}

RotaryScaling scaling_of(const JsonFile& file, const char* key, const json& type) {
  RotaryScaling scaling;
  if (type == "default") return scaling;
  if (type != "linear" && type != "llama3") {
    throw file.error(
        fmt::format("key {}: rotary embeddings scaled by {} are not supported; rope_type must be default, "
                    "linear or llama3",
                    key, type.is_string() ? shown(type.get_ref<const std::string&>()) : "no text"));
  }
  scaling.factor = number_of(file, key, "factor");
  if (type == "linear") return scaling;
  scaling.by_wavelength = true;
  scaling.low = number_of(file, key, "low_freq_factor");
  scaling.high = number_of(file, key, "high_freq_factor");
  scaling.positions = number_of(file, key, "original_max_position_embeddings");
  if (scaling.high <= scaling.low) {
    throw file.error(fmt::format("key {}: high_freq_factor must be above low_freq_factor", key));
  }
  return scaling;
}

/// Reads base and scaling for a kind of layers from settings by kind; returns false if the settings are not by kind.
bool read_kind(const JsonFile& file, const char* kind, double& theta, RotaryScaling& scaling) {
  const char* const key = "rope_parameters";
  const auto found = file.root().find(key);
  if (found == file.root().end() || !found->is_object() || !found->contains(kind)) return false;
  const JsonFile settings = file.part(key).part(kind);
  theta = settings.positive("rope_theta", theta);
  const auto type = settings.root().find("rope_type");
  if (type != settings.root().end()) scaling = scaling_of(file.part(key), kind, *type);
  return true;
}

}  // namespace

/// Newer files keep the base with the scaling, older ones at the top level.
void read_rotary(const JsonFile& file, double& theta, RotaryScaling& scaling) {
  theta = file.positive("rope_theta", theta);
  for (const char* key : {"rope_scaling", "rope_parameters"}) {
    const auto found = file.root().find(key);
    if (found == file.root().end() || found->is_null()) continue;
    if (!found->is_object()) throw file.error(fmt::format("key {}: must be an object or null", key));
    for (const char* type_key : {"type", "rope_type"}) {
      const auto type = found->find(type_key);
      if (type != found->end()) scaling = scaling_of(file, key, *type);
    }
    if (found->contains("rope_theta")) theta = number_of(file, key, "rope_theta");
  }
}

void read_rotary_by_layer(const JsonFile& file, double& theta, RotaryScaling& scaling, double& window_theta) {
  window_theta = file.positive("rope_local_base_freq", window_theta);
  RotaryScaling of_windows;
  if (read_kind(file, "full_attention", theta, scaling)) {
    read_kind(file, "sliding_attention", window_theta, of_windows);
  } else {
    read_rotary(file, theta, scaling);
  }
  if (of_windows.factor == 1) return;
  throw file.error(
      "key rope_parameters: sliding_attention: scaled rotary embeddings are not supported in layers with a "
      "window; rope_type must be default");
}

}  // namespace anda::sim
