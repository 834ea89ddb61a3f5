// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_LLM_QUANTISATION_H
#define ANDA_SIM_LLM_QUANTISATION_H

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "files/json_file.h"

namespace anda::sim {

/// How a quantiser stores a layer's integers, which packed_weights.h unpacks.
enum class Packing {
  gptq,        ///< qweight packed along k, qzeros, scales, g_idx: GPTQ, and AutoRound in the GPTQ layout
  awq,         ///< qweight packed along the outputs, qzeros, scales: the "gemm" version of AWQ
  compressed,  ///< weight_packed, weight_scale, weight_zero_point, weight_shape, weight_g_idx: compressed-tensors
};

/// The integers of a layer: w = (q − zero) · scale.
struct IntegerFormat {
  std::uint32_t bits = 4;
  std::uint64_t group = 0;  ///< weights along k that share a scale and a zero point; 0: a whole row
};

/// How the weights of a checkpoint were quantised, and where they are.
struct Quantisation {
  std::string method;  ///< as the file names it: "gptq"
  std::string source;  ///< the file and key that say so, for messages
  Packing packing = Packing::gptq;
  IntegerFormat format;
  std::map<std::string, IntegerFormat> layers;  ///< those with another format, by module name
  std::uint32_t zero_offset = 0;  ///< amount by which stored zero points are reduced: 1 in GPTQ's first layout
  bool has_zeros = true;          ///< compressed-tensors: zero points are stored
  bool act_order = false;         ///< g_idx, which must exist, has the group of each row of k
  bool one_scale = false;         ///< compressed-tensors: one scale per tensor

  const IntegerFormat& of(const std::string& module) const {
    const auto found = layers.find(module);
    return found == layers.end() ? format : found->second;
  }
};

/// Reads the settings of the quantiser: quantization_config of a config.json, or a quantize_config.json (GPTQ) or
/// quant_config.json (AWQ) beside it; nothing if the weights are stored as numbers. Throws Error (input) with file and
/// key for another method or layout, and for any unknown setting that would change the weights.
std::optional<Quantisation> read_quantisation(const JsonFile& config);

}  // namespace anda::sim

#endif
