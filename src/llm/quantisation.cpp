// SPDX-License-Identifier: Apache-2.0
#include "llm/quantisation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <vector>

#include "llm/safetensors.h"
#include "text/text.h"
#include "workload/gemm_limits.h"

namespace anda::sim {
namespace {

using nlohmann::json;
using Bits = std::vector<std::uint32_t>;

constexpr std::uint32_t most_bits = 8;
constexpr std::uint64_t unquantised_bits = 16;  // what AutoRound writes for layers that it does not quantise
constexpr std::uint64_t usual_group = 128;

/// The value of a key; nullptr if it is missing or null.
const json* given(const JsonFile& file, const char* key) {
  const auto found = file.root().find(key);
  return found == file.root().end() || found->is_null() ? nullptr : &*found;
}

Error wrong(const JsonFile& file, const std::string& key, const std::string& problem) {
  return file.error(fmt::format("key {}: {}", file.place_of(key), problem));
}

std::string value_text(const json& value) {
  return shown(value.is_structured() ? value.type_name() : value.dump(-1, ' ', false, json::error_handler_t::replace));
}

/// Throws unless these keys are absent, null, false or empty.
void want_nothing(const JsonFile& file, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    const json* value = given(file, key);
    if (value == nullptr || *value == false || (value->is_structured() && value->empty())) continue;
    throw wrong(file, key, value_text(*value) + " is not supported; must be missing, null or empty");
  }
}

std::string want_one_of(const JsonFile& file, const char* key, const std::vector<std::string>& supported,
                        const std::string& otherwise) {
  const std::string text = file.text(key);
  if (text.empty()) return otherwise;
  if (std::find(supported.begin(), supported.end(), lower_case(text)) != supported.end()) return lower_case(text);
  throw wrong(file, key, fmt::format("{} is not supported; must be {}", shown(text), joined(supported, " or ")));
}

/// Reads a number of bits that the layout supports.
std::uint32_t bits_of(const JsonFile& file, const char* key, const Bits& supported,
                      std::optional<std::uint32_t> otherwise) {
  if (given(file, key) == nullptr && otherwise) return *otherwise;
  const std::uint64_t bits = file.number(key, 1u << most_bits);
  if (std::find(supported.begin(), supported.end(), bits) == supported.end()) {
    throw wrong(file, key, fmt::format("{} bits are not supported; must be {}", bits, fmt::join(supported, ", ")));
  }
  return static_cast<std::uint32_t>(bits);
}

/// Number of weights that share a scale; 0 for −1 in the file, which means all.
std::uint64_t group_of(const JsonFile& file, const char* key, std::optional<std::uint64_t> otherwise) {
  const json* value = given(file, key);
  if (value == nullptr && otherwise) return *otherwise;
  const bool is_all = value != nullptr && *value == -1;
  const bool is_number = value != nullptr && value->is_number_unsigned();
  if (!is_all && (!is_number || *value == 0 || *value > max_gemm_dimension)) {
    throw wrong(file, key,
                fmt::format("{} must be -1 (a whole row) or a whole number 1 … {}",
                            value == nullptr ? "is missing;" : value_text(*value), max_gemm_dimension));
  }
  return is_all ? 0 : value->get<std::uint64_t>();
}

// --- GPTQ and AWQ ----------------------------------------------------------------------------------------------------

const Bits gptq_bits{2, 3, 4, 8};
const Bits awq_bits{4};

void read_gptq(const JsonFile& file, Quantisation& found) {
  // GPTQModel's `dynamic` gives layers other formats, selected by regular expressions.
  want_nothing(file, {"is_marlin_format", "dynamic", "adapter"});
  want_one_of(file, "pack_dtype", {"int32"}, "int32");
  const char* key = given(file, "checkpoint_format") != nullptr ? "checkpoint_format" : "format";
  const bool second = want_one_of(file, key, {"gptq", "gptq_v2"}, "gptq") == "gptq_v2";
  found.packing = Packing::gptq;
  found.zero_offset = second ? 0 : 1;
  found.format = {bits_of(file, "bits", gptq_bits, std::nullopt), group_of(file, "group_size", std::nullopt)};
  found.act_order = file.flag("desc_act", false);
  file.flag("sym", true);
}

void read_awq(const JsonFile& file, Quantisation& found) {
  want_one_of(file, "version", {"gemm"}, "gemm");
  if (!file.flag("zero_point", true)) throw wrong(file, "zero_point", "false is not supported; must be true");
  found.packing = Packing::awq;
  const char* bits = given(file, "w_bit") != nullptr ? "w_bit" : "bits";
  const char* group = given(file, "q_group_size") != nullptr ? "q_group_size" : "group_size";
  found.format = {bits_of(file, bits, awq_bits, 4), group_of(file, group, usual_group)};
}

// --- AutoRound -------------------------------------------------------------------------------------------------------

/// Reads the layers to which AutoRound gave their own format. Layers with 16 bits are not packed, as their tensors
/// show.
void read_extra_config(const JsonFile& file, const Bits& supported, Quantisation& found) {
  const json* extra = given(file, "extra_config");
  if (extra == nullptr) return;
  if (!extra->is_object()) throw wrong(file, "extra_config", "must be an object of layers");
  const JsonFile layers = file.part("extra_config");
  for (const auto& entry : extra->items()) {
    const std::string& name = entry.key();
    if (name.find_first_of("*+?^$[](){}|\\") != std::string::npos) {
      throw wrong(layers, shown(name), "is a regular expression, which is not supported; must be the name of a layer");
    }
    if (!entry.value().is_object()) throw wrong(layers, shown(name), "must be an object with bits and group_size");
    const JsonFile layer = layers.part(name.c_str());
    const json* bits = given(layer, "bits");
    if (bits != nullptr && bits->is_number_unsigned() && *bits >= unquantised_bits) continue;
    found.layers[name] = {bits_of(layer, "bits", supported, found.format.bits),
                          group_of(layer, "group_size", found.format.group)};
  }
}

void read_auto_round(const JsonFile& file, Quantisation& found) {
  want_one_of(file, "data_type", {"int"}, "int");
  want_one_of(file, "act_data_type", {"float", "int"}, "float");
  const auto act_bits = file.optional_number("act_bits", 1u << most_bits);
  if (act_bits && *act_bits < unquantised_bits) {
    throw wrong(file, "act_bits", fmt::format("{}: quantised activations are not supported; must be 16", *act_bits));
  }
  const std::string packing = want_one_of(
      file, "packing_format",
      {"auto_round", "auto_round:gptq", "auto_round:auto_gptq", "auto_round:gptqmodel", "auto_round:auto_awq"},
      "auto_round:gptq");
  const bool is_awq = packing == "auto_round:auto_awq";
  const Bits& supported = is_awq ? awq_bits : gptq_bits;
  found.packing = is_awq ? Packing::awq : Packing::gptq;
  found.zero_offset = packing == "auto_round:gptq" || packing == "auto_round:auto_gptq" ? 1 : 0;
  found.format = {bits_of(file, "bits", supported, 4), group_of(file, "group_size", usual_group)};
  file.flag("sym", true);
  read_extra_config(file, supported, found);
}

// --- compressed-tensors ----------------------------------------------------------------------------------------------

void read_compressed_weights(const JsonFile& file, Quantisation& found) {
  want_one_of(file, "type", {"int"}, "int");
  want_nothing(file, {"dynamic", "block_structure"});
  found.format.bits = bits_of(file, "num_bits", {2, 3, 4, 5, 6, 7, 8}, 8);
  const bool has_group = given(file, "group_size") != nullptr;
  const std::uint64_t group = has_group ? group_of(file, "group_size", std::nullopt) : 0;
  const std::string strategy = want_one_of(file, "strategy", {"group", "channel", "tensor"},
                                           !has_group   ? "tensor"
                                           : group == 0 ? "channel"
                                                        : "group");
  if ((strategy == "group") != (group != 0)) {
    throw wrong(file, "group_size",
                fmt::format("{} does not go with strategy {}", group == 0 ? "none" : "a group", strategy));
  }
  found.format.group = group;
  found.one_scale = strategy == "tensor";
  found.has_zeros = !file.flag("symmetric", true);
  const json* order = given(file, "actorder");
  if (order != nullptr && *order != false) {
    const bool is_group = *order == true || *order == "group";
    if (!is_group && *order != "weight" && *order != "static") {
      throw wrong(file, "actorder", value_text(*order) + " is not supported; must be group, weight, static or null");
    }
    found.act_order = is_group;
  }
}

void read_compressed(const JsonFile& file, Quantisation& found) {
  want_one_of(file, "format", {"pack-quantized"}, "pack-quantized");
  want_nothing(file, {"kv_cache_scheme", "transform_config"});
  if (const json* sparsity = given(file, "sparsity_config"); sparsity != nullptr && !sparsity->empty()) {
    if (!sparsity->is_object()) throw wrong(file, "sparsity_config", "must be an object");
    want_one_of(file.part("sparsity_config"), "format", {"dense"}, "dense");
  }
  const json* groups = given(file, "config_groups");
  if (groups == nullptr || !groups->is_object() || groups->size() != 1) {
    throw wrong(file, "config_groups", "must be an object with one group of layers: all have the same format");
  }
  const JsonFile all = file.part("config_groups");
  const std::string name = groups->begin().key();
  if (!groups->begin()->is_object()) throw wrong(all, shown(name), "must be an object with weights");
  const JsonFile group = all.part(name.c_str());
  want_nothing(group, {"input_activations", "output_activations"});
  want_one_of(group, "format", {"pack-quantized"}, "pack-quantized");
  const json* weights = given(group, "weights");
  if (weights == nullptr || !weights->is_object()) throw wrong(group, "weights", "must be an object");
  found.packing = Packing::compressed;
  read_compressed_weights(group.part("weights"), found);
}

// ---------------------------------------------------------------------------------------------------------------------

struct Method {
  const char* name;
  void (*read)(const JsonFile& file, Quantisation& found);
};
constexpr std::array<Method, 5> methods{{{"gptq", read_gptq},
                                         {"awq", read_awq},
                                         {"auto-round", read_auto_round},
                                         {"intel/auto-round", read_auto_round},
                                         {"compressed-tensors", read_compressed}}};

Quantisation read_method(const JsonFile& file, const std::string& place, const std::string& method) {
  for (const Method& known : methods) {
    if (method != known.name) continue;
    Quantisation found;
    found.method = method;
    found.source = place;
    known.read(file, found);
    return found;
  }
  throw file.error(fmt::format("key {}: the weights were quantised by {}, which is not supported; {}",
                               file.place_of("quant_method"),
                               method.empty() ? "a quantiser that it does not name" : shown(method), original_weights));
}

/// Reads the settings files of older versions of AutoGPTQ and AutoAWQ.
std::optional<Quantisation> read_own_file(const std::string& folder) {
  for (const auto& [name, method] :
       {std::pair{"quantize_config.json", "gptq"}, std::pair{"quant_config.json", "awq"}}) {
    const std::string path = folder + "/" + name;
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) continue;
    const JsonFile file(path);
    const std::string own = file.text("quant_method");
    return read_method(file, path, own.empty() ? method : own);
  }
  return std::nullopt;
}

}  // namespace

std::optional<Quantisation> read_quantisation(const JsonFile& config) {
  for (const char* key : {"quantization_config", "compression_config"}) {
    const auto found = config.root().find(key);
    if (found == config.root().end() || found->is_null()) continue;
    if (!found->is_object()) throw config.error(fmt::format("key {}: must be an object or null", key));
    const JsonFile file = config.part(key);
    std::string method = file.text("quant_method");
    if (method.empty() && key == std::string("compression_config")) method = "compressed-tensors";
    return read_method(file, config.path() + ", key " + key, method);
  }
  const std::size_t slash = config.path().rfind('/');
  return read_own_file(slash == std::string::npos ? "." : config.path().substr(0, slash));
}

}  // namespace anda::sim
