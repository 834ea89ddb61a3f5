// SPDX-License-Identifier: Apache-2.0
#include "llm/checkpoint.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "data/npy.h"
#include "files/json_file.h"

namespace anda::sim {
namespace {

constexpr std::size_t largest_index_bytes = std::size_t{64} << 20;

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
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
    throw Error::input(folder + ": holds neither model.safetensors nor model.safetensors.index.json");
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
    throw index.error("key weight_map is missing or no object of tensors and files");
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
      throw Error::input(fmt::format("{}: tensor {} is missing, which {} says is in it", files_[at->second].path(),
                                     shown_tensor(name), path));
    }
    where_[name] = at->second;
  }
}

std::vector<float> Checkpoint::read(const std::string& name, const std::vector<std::uint64_t>& shape) const {
  const auto found = where_.find(name);
  if (found == where_.end()) throw Error::input(fmt::format("{}: tensor {} is missing", source_, shown_tensor(name)));
  const SafetensorsFile& file = files_[found->second];
  const StoredTensor& tensor = file.tensors().at(name);
  if (tensor.shape != shape) {
    throw Error::input(fmt::format("{}: tensor {} has the shape {}, must be {}", file.path(), shown_tensor(name),
                                   shape_text(tensor.shape), shape_text(shape)));
  }
  return file.read(name);
}

}  // namespace anda::sim
