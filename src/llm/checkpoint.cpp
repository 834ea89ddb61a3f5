// SPDX-License-Identifier: Apache-2.0
#include "llm/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "data/npy.h"
#include "files/json_file.h"
#include "text/text.h"

namespace anda::sim {
namespace {

constexpr std::size_t largest_index_bytes = std::size_t{64} << 20;

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

/// A name that a quantiser uses in place of a layer's weight.
struct QuantisedName {
  const char* ending;
  const char* quantiser;
};
constexpr std::array<QuantisedName, 5> quantised_names{{{"qweight", "GPTQ, AWQ or AutoRound has quantised"},
                                                        {"weight_packed", "compressed-tensors has packed"},
                                                        {"W_q", "HQQ has quantised"},
                                                        {"B", "Marlin has packed"},
                                                        {"weight.absmax", "bitsandbytes has quantised"}}};

/// Another model format, recognised by its file names.
struct OtherFormat {
  const char* start;
  const char* ending;
  const char* what;
};
constexpr std::array<OtherFormat, 7> other_formats{{
    {"", ".gguf", "a GGUF file of llama.cpp"},
    {"pytorch_model", ".bin", "a checkpoint of PyTorch"},
    {"consolidated", ".pth", "a checkpoint of PyTorch"},
    {"adapter_model", ".safetensors", "an adapter (LoRA), which has to be merged into its model"},
    {"tf_model", ".h5", "a checkpoint of TensorFlow"},
    {"flax_model", ".msgpack", "a checkpoint of Flax"},
    {"", ".safetensors", "a safetensors file of another name"},
}};

/// A hint on what a folder holds instead of a checkpoint: "; …", or empty.
std::string other_format_hint(const std::string& folder) {
  std::error_code error;
  for (const OtherFormat& format : other_formats) {
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
      const std::string name = entry.path().filename().string();
      const std::string_view ending = format.ending;
      const bool ends_so = name.size() >= ending.size() && name.substr(name.size() - ending.size()) == ending;
      if (name.rfind(format.start, 0) != 0 || !ends_so) continue;
      return fmt::format("; {} is {}: the Python package transformers writes model.safetensors by save_pretrained()",
                         shown(name), format.what);
    }
  }
  return {};
}

}  // namespace

Checkpoint::Checkpoint(const std::string& folder) {
  const std::string single = folder + "/model.safetensors";
  const std::string index = folder + "/model.safetensors.index.json";
  if (!exists(single) && exists(index)) {
    read_index(folder, index);
    return;
  }
  if (!exists(single)) {
    throw Error::input(folder + ": holds neither model.safetensors nor model.safetensors.index.json" +
                       other_format_hint(folder));
  }
  source_ = single;
  files_.emplace_back(single);
  for (const auto& [name, tensor] : files_.front().tensors()) where_[name] = 0;
}

void Checkpoint::read_index(const std::string& folder, const std::string& path) {
  source_ = path;
  const JsonFile index(path, largest_index_bytes);
  const auto map = index.root().find("weight_map");
  if (map == index.root().end() || !map->is_object()) {
    throw index.error("key weight_map is missing or not an object of tensors and files");
  }
  std::map<std::string, std::size_t> opened;
  for (const auto& [name, value] : map->items()) {
    const std::string file = value.is_string() ? value.get<std::string>() : "";
    if (file.empty() || file.find('/') != std::string::npos || file.find('\0') != std::string::npos) {
      throw index.error(
          fmt::format("key weight_map, tensor {}: must be the name of a file in the same folder", shown_tensor(name)));
    }
    const auto [at, is_new] = opened.emplace(file, files_.size());
    if (is_new) files_.emplace_back(folder + "/" + file);
    if (files_[at->second].tensors().count(name) == 0) {
      throw Error::input(fmt::format("{}: tensor {} is missing, which {} lists there", files_[at->second].path(),
                                     shown_tensor(name), path));
    }
    where_[name] = at->second;
  }
}

std::string Checkpoint::quantised_hint(const std::string& name) const {
  const std::size_t dot = name.rfind('.') + 1;
  for (const QuantisedName& other : quantised_names) {
    const std::string there = name.substr(0, dot) + other.ending;
    if (!has(there)) continue;
    return fmt::format(
        "; {} is there, a weight that {}, without a quantization_config in config.json that says how: {}",
        shown_tensor(there), other.quantiser, original_weights);
  }
  return {};
}

bool Checkpoint::has_ending(const std::string& ending) const {
  return std::any_of(where_.begin(), where_.end(), [&](const auto& entry) {
    const std::string& name = entry.first;
    return name.size() >= ending.size() && name.compare(name.size() - ending.size(), ending.size(), ending) == 0;
  });
}

const SafetensorsFile& Checkpoint::file_with(const std::string& name, const Shape& shape,
                                             const std::string& why) const {
  const auto found = where_.find(name);
  if (found == where_.end()) {
    throw Error::input(fmt::format("{}: tensor {} is missing{}", source_, shown_tensor(name), quantised_hint(name)));
  }
  const SafetensorsFile& file = files_[found->second];
  const StoredTensor& tensor = file.tensors().at(name);
  if (tensor.shape != shape) {
    throw error(name, fmt::format("has the shape {}, must be {}{}{}", shape_text(tensor.shape), shape_text(shape),
                                  why.empty() ? "" : ": ", why));
  }
  return file;
}

Error Checkpoint::error(const std::string& name, const std::string& problem) const {
  return Error::input(fmt::format("{}: tensor {} {}", file_of(name), shown_tensor(name), problem));
}

const StoredTensor& Checkpoint::stored(const std::string& name) const {
  return files_[where_.at(name)].tensors().at(name);
}

std::vector<float> Checkpoint::read(const std::string& name, const Shape& shape) const {
  return file_with(name, shape).read(name);
}

std::vector<float> Checkpoint::read_rows(const std::string& name, const Shape& shape,
                                         const std::vector<std::uint32_t>& rows) const {
  return file_with(name, shape).read_rows(name, rows);
}

std::vector<std::uint32_t> Checkpoint::read_words(const std::string& name, const Shape& shape,
                                                  const std::string& why) const {
  return file_with(name, shape, why).read_words(name);
}

std::vector<std::int64_t> Checkpoint::read_integers(const std::string& name, const Shape& shape,
                                                    const std::string& why) const {
  return file_with(name, shape, why).read_integers(name);
}

}  // namespace anda::sim
