// SPDX-License-Identifier: Apache-2.0
#include "workload/hugging_face.h"

#include <fmt/format.h>

#include <algorithm>
#include <anda/base/error.h>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <vector>

#include "files/input_file.h"
#include "text/nearest.h"
#include "text/text.h"
#include "workload/gemm.h"
#include "workload/gemm_limits.h"

namespace anda::sim {
namespace {

using nlohmann::json;

// Real ones have some kilobytes; a weights file given by mistake shall not fill the memory.
constexpr std::size_t max_config_bytes = 1u << 20;

const std::vector<std::string>& model_types() {
  static const std::vector<std::string> types = {"opt", "llama", "mistral", "qwen2"};
  return types;
}

std::string read_whole(const std::string& path) {
  InputFile file(path);
  std::string text(max_config_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const std::size_t bytes = file.read(text.data() + size, text.size() - size);
    if (bytes == 0) break;
    size += bytes;
  }
  if (size > max_config_bytes) {
    throw Error::input({path, 0, 0}, fmt::format("is larger than {} bytes: is this a config.json?", max_config_bytes));
  }
  text.resize(size);
  return text;
}

/// Line and column of the parser's byte count, which starts at 1.
Place place_of_byte(const std::string& path, std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, byte == 0 ? 0 : byte - 1);
  const std::size_t line_start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  Place place{path, 1, 1};
  place.line += static_cast<int>(std::count(before.begin(), before.end(), '\n'));
  for (const char c : before.substr(line_start)) {
    if ((static_cast<unsigned char>(c) & 0xC0u) != 0x80u) ++place.column;
  }
  return place;
}

json parsed(const std::string& path) {
  const std::string text = read_whole(path);
  try {
    return json::parse(text);
  } catch (const json::parse_error& error) {
    // "[json.exception…] parse error at line 1, column 2: syntax error …": the place is told our way.
    std::string what = error.what();
    const std::size_t colon = what.find(": ");
    if (colon != std::string::npos) what.erase(0, colon + 2);
    throw Error::input(place_of_byte(path, text, error.byte), "this is no JSON: " + what);
  }
}

/// The values of one config.json, each with its key in the error.
class Config {
 public:
  explicit Config(const std::string& path) : path_(path), root_(parsed(path)) {
    if (!root_.is_object()) throw Error::input({path, 0, 0}, "must hold a JSON object");
  }

  Error error(const std::string& message) const { return Error::input({path_, 0, 0}, message); }

  /// Nothing where the key is missing or null, as older files write defaults.
  std::optional<std::uint64_t> optional_number(const char* key, std::uint64_t max) const {
    const auto found = root_.find(key);
    if (found == root_.end() || found->is_null()) return std::nullopt;
    if (found->is_number_unsigned() && found->get<std::uint64_t>() >= 1 && found->get<std::uint64_t>() <= max) {
      return found->get<std::uint64_t>();
    }
    const std::string text = found->dump(-1, ' ', false, json::error_handler_t::replace);
    const char* problem = "is no whole number";
    if (found->is_number_integer()) problem = found->is_number_unsigned() ? "is out of range" : "is negative";
    throw error(fmt::format("key {}: {} {}; must be a whole number 1 … {}", key, shown(text), problem, max));
  }
  std::uint64_t number(const char* key, std::uint64_t max) const {
    if (const auto value = optional_number(key, max)) return *value;
    throw error(fmt::format("key {} is missing", key));
  }
  /// Empty where there is none.
  std::string text(const char* key) const {
    const auto found = root_.find(key);
    return found != root_.end() && found->is_string() ? found->get<std::string>() : "";
  }

 private:
  std::string path_;
  json root_;
};

std::string model_type_of(const Config& config) {
  const std::string type = config.text("model_type");
  const std::string supported = joined(model_types(), ", ");
  if (type.empty()) {
    throw config.error(
        fmt::format("key model_type is missing: is this a model's config.json? Supported types: {}", supported));
  }
  if (std::find(model_types().begin(), model_types().end(), type) == model_types().end()) {
    throw config.error(fmt::format("key model_type: {} is not supported{}; supported: {}", shown(type),
                                   did_you_mean(type, model_types()), supported));
  }
  return type;
}

/// The model's own name, or that of the folder: files of a model repository are all called config.json.
std::string name_of(const Config& config, const std::string& path) {
  std::string name = config.text("_name_or_path");
  if (name.empty()) {
    name = path;
    const std::size_t file = name.rfind('/');
    if (file != std::string::npos && file > 0) name.erase(file);
  }
  while (name.size() > 1 && name.back() == '/') name.pop_back();
  return name.substr(name.rfind('/') + 1);
}

}  // namespace

ModelShape read_hugging_face_config(const std::string& path) {
  const Config config(path);
  const std::string type = model_type_of(config);
  const bool opt = type == "opt";

  ModelShape shape;
  shape.name = name_of(config, path);
  shape.gated = !opt;
  shape.hidden_size = config.number("hidden_size", max_gemm_dimension);
  shape.intermediate_size = config.number(opt ? "ffn_dim" : "intermediate_size", max_gemm_dimension);
  shape.layers = config.number("num_hidden_layers", max_layer + 1);
  shape.heads = config.number("num_attention_heads", max_gemm_dimension);
  shape.kv_heads = shape.heads;
  std::optional<std::uint64_t> head_dim;
  if (!opt) {
    shape.kv_heads = config.optional_number("num_key_value_heads", max_gemm_dimension).value_or(shape.heads);
    head_dim = config.optional_number("head_dim", max_gemm_dimension);
  }
  if (!head_dim && shape.hidden_size % shape.heads != 0) {
    throw config.error(
        fmt::format("key num_attention_heads: {} heads don't divide hidden_size {}", shape.heads, shape.hidden_size));
  }
  shape.head_dim = head_dim.value_or(shape.hidden_size / shape.heads);
  if (shape.heads % shape.kv_heads != 0) {
    throw config.error(fmt::format("key num_key_value_heads: {} heads can't share {} key/value heads evenly",
                                   shape.heads, shape.kv_heads));
  }
  const std::string problem = problem_of(shape);
  if (!problem.empty()) throw config.error(problem);
  return shape;
}

}  // namespace anda::sim
