// SPDX-License-Identifier: Apache-2.0
#include "cli/evaluator_choice.h"

#include <anda/base/error.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

#include "cli/model_options.h"
#include "config/sha256.h"
#include "config/writer.h"
#include "files/binary_file.h"
#include "search/builtin_evaluator.h"
#include "search/command_evaluator.h"
#include "search/config_rounding.h"
#include "text/scalar.h"
#include "text/text.h"

namespace anda::sim {
namespace {

namespace po = boost::program_options;

constexpr double default_timeout_s = 3600;
constexpr double longest_timeout_s = 1e7;

double timeout_of(const CommandLine& options) {
  if (!options.has("evaluator-timeout")) return default_timeout_s;
  const std::string text = options.text("evaluator-timeout");
  double seconds = 0;
  if (parse_number(text, seconds) != NumberSyntax::good || seconds <= 0 || seconds > longest_timeout_s) {
    options.refuse(fmt::format("option --evaluator-timeout is {}; must be seconds, more than 0 and at most {}",
                               shown(text), longest_timeout_s));
  }
  return seconds;
}

std::string file_hash(const std::string& path) {
  BinaryFile file(path);
  Sha256 hash;
  std::vector<char> part(1u << 20);
  for (std::uint64_t left = file.bytes(); left > 0;) {
    const std::size_t bytes = std::min<std::uint64_t>(left, part.size());
    file.read(part.data(), bytes);
    hash.add(std::string_view(part.data(), bytes));
    left -= bytes;
  }
  return hash.hex();
}

/// Hash of the files in a model's folder that its logits depend on.
std::string model_hash(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name == "config.json" || ends_with(name, ".safetensors") || ends_with(name, ".safetensors.index.json")) {
      files.push_back(entry.path().string());
    }
  }
  if (error) throw Error::input(folder + ": cannot read the folder: " + error.message());
  std::sort(files.begin(), files.end());
  std::string hashes;
  for (const std::string& file : files) hashes += file_hash(file);
  return sha256_hex(hashes);
}

/// The attention's formats, if any, in words; searched bits appear with their defaults.
std::string attention_text(const AttentionFormats& formats) {
  std::string text;
  if (formats.q_bits) text += fmt::format(", A_q of {} bits", *formats.q_bits);
  if (formats.p_bits) text += fmt::format(", A_p of {} bits", *formats.p_bits);
  const auto add = [&text](const char* name, const std::optional<CacheFormat>& format) {
    if (!format) return;
    if (format->operand() != nullptr) {
      text += fmt::format(", {} {} of a {}", name, to_yaml(format->operand()->description()),
                          name_of(cache_axes, format->axis));
      return;
    }
    text += fmt::format(", {} {}{} in groups of {} of a {}", name, format->number.name(), format->bits, format->group,
                        name_of(cache_axes, format->axis));
  };
  add("K", formats.k);
  add("V", formats.v);
  return text;
}

/// What the evaluator's perplexities depend on, regardless of where the files are.
std::string identity_of(const BuiltinEvaluatorConfig& config, const std::optional<Quantisation>& quantised) {
  const std::string weights =
      quantised              ? fmt::format("weights of {}", quantised->method)
      : config.weight_format ? fmt::format("weights of {}", to_yaml(config.weight_format->description()))
      : config.weights
          ? fmt::format("INT{} weights in groups of {}{}", config.weights->bits, config.weights->scale_group,
                        config.weights->has_zero_points() ? " with zero points" : "")
          : "weights as stored";
  const std::string type =
      is_raw_token_file(config.tokens) ? fmt::format(" of {}", name_of(token_types, config.token_type)) : "";
  const std::string windows = config.length == 0 ? "" : fmt::format(", windows of {}", config.length);
  return fmt::format("built in: model {}, tokens {}{}{}, {}, activations in groups of {}{}", model_hash(config.model),
                     file_hash(config.tokens), type, windows, weights, config.group_size,
                     attention_text(config.attention));
}

}  // namespace

void add_evaluator_options(po::options_description& options) {
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  options.add_options()  //
      ("evaluator", text("COMMAND"),
       "a shell command that answers combinations with perplexities, see docs/search.md")  //
      ("evaluator-timeout", text("SECONDS"), "maximum time for an answer (3600)")          //
      ("model-dir", text("FOLDER"),
       "instead of a command: folder of the model to run, config.json and *.safetensors, as in anda-sim evaluate");
  add_model_options(options);
}

std::string model_folder(const CommandLine& options) {
  if (options.has("evaluator") == options.has("model-dir")) {
    options.refuse(options.has("evaluator")
                       ? "--evaluator and --model-dir are mutually exclusive: both give perplexities"
                       : "needs --evaluator COMMAND or --model-dir FOLDER");
  }
  const std::string name = options.has("evaluator") ? "evaluator" : "model-dir";
  if (trimmed(options.text(name)).empty()) options.refuse("option --" + name + " is empty");
  const std::vector<const char*> others =
      options.has("evaluator")
          ? std::vector<const char*>{"tokens", "token-type", "length", "stored-weights", "threads", "memory"}
          : std::vector<const char*>{"evaluator-timeout"};
  for (const char* other : others) {
    if (options.has(other)) options.refuse(fmt::format("--{} cannot be combined with --{}", other, name));
  }
  return options.text("model-dir");
}

EvaluatorChoice choose_evaluator(const CommandLine& options, const RunConfig& config) {
  if (config.accelerator.format.encodes_activations()) {
    throw Error::input(
        "accelerator.format gives activations an operand format, must leave them to the element: a search changes "
        "their mantissa lengths");
  }
  const std::string folder = model_folder(options);
  if (folder.empty()) {
    const std::string command = options.text("evaluator");
    const double timeout_s = timeout_of(options);
    return {command, [command, timeout_s](std::function<bool()> go_on) {
              return std::make_unique<CommandEvaluator>(command, timeout_s, std::move(go_on));
            }};
  }
  BuiltinEvaluatorConfig model = model_config(options, folder);
  const FormatConfig& format = config.accelerator.format;
  model.group_size = format.group_size;
  model.attention = attention_of(config.precision, config.kv_cache);
  if (model.weights && format.encodes()) {
    model.weights.reset();
    model.weight_format = format.weights.operand();
  } else if (model.weights) {
    model.weights = format.weights_of(config.precision.weight_bits);
  }
  const std::optional<Quantisation> quantised = read_decoder_config(folder + "/config.json").quantisation;
  if (quantised && model.weights && quantised->format.bits != config.precision.weight_bits) {
    throw Error::input(
        fmt::format("{}: the weights have {} bits, but precision.weight_bits is {}; --set "
                    "precision.weight_bits={} searches for a machine that has them",
                    quantised->source, quantised->format.bits, config.precision.weight_bits, quantised->format.bits));
  }
  return {identity_of(model, quantised),
          [model](std::function<bool()> go_on) { return std::make_unique<BuiltinEvaluator>(model, std::move(go_on)); }};
}

}  // namespace anda::sim
