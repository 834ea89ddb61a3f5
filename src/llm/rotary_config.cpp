// SPDX-License-Identifier: Apache-2.0
#include "llm/rotary_config.h"

#include <fmt/format.h>

#include <string>

#include "text/text.h"

namespace anda::sim {
namespace {

using nlohmann::json;

/// A number above 0 of the settings of the rotation.
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

}  // namespace

/// Newer files keep the base beside the scaling, older ones beside everything else.
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

}  // namespace anda::sim
