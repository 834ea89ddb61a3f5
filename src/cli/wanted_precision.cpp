// SPDX-License-Identifier: Apache-2.0
#include "cli/wanted_precision.h"

#include <anda/base/error.h>
#include <fmt/format.h>

#include "config/format_file.h"
#include "config/load.h"
#include "search/config_rounding.h"
#include "search/precisions.h"
#include "text/scalar.h"
#include "text/text.h"

namespace anda::sim {
namespace {

bool is_configuration(const std::string& text) {
  return text.size() > 5 && text.compare(text.size() - 5, 5, ".yaml") == 0;
}

}  // namespace

std::string WantedPrecision::text() const {
  if (config) return path;
  if (kind == Kind::anda) return combination_text(bits);
  if (kind == Kind::operand) return format->description().name;
  return kind == Kind::fp16 ? "fp16" : "fp32";
}

ActivationRounding WantedPrecision::rounding(const BuiltinEvaluator& evaluator) const {
  if (config) {
    if (config->accelerator.format.encodes_activations()) {
      throw Error::input(path +
                         ": accelerator.format gives activations an operand format, must leave them to the element; "
                         "--activations NAME measures one");
    }
    try {
      return rounding_of(config->precision, config->kv_cache, evaluator.decoder_config().shape.layers,
                         evaluator.group_size());
    } catch (const Error& error) {
      throw Error(error.kind(), path + ": " + error.what());
    }
  }
  if (kind == Kind::anda) return evaluator.anda({bits, {}});
  if (kind == Kind::operand) return evaluator.with_attention(evaluator.operand(format));
  return evaluator.with_attention(kind == Kind::fp16 ? evaluator.fp16() : evaluator.fp32());
}

WantedPrecision parse_activations(const std::string& text) {
  WantedPrecision wanted;
  wanted.kind = WantedPrecision::Kind::operand;
  wanted.format = load_format(text, "option --activations");
  return wanted;
}

WantedPrecision parse_precision(const CommandLine& options, const std::string& text) {
  WantedPrecision wanted;
  if (text == "fp16") return wanted;
  if (text == "fp32") {
    wanted.kind = WantedPrecision::Kind::fp32;
    return wanted;
  }
  wanted.kind = WantedPrecision::Kind::anda;
  if (is_configuration(text)) {
    wanted.config = load_run_config(text, {});
    wanted.path = text;
    return wanted;
  }
  const std::vector<std::string> parts = list_parts(text);
  if (parts.size() != 1 && parts.size() != wanted.bits.size()) {
    options.refuse(
        fmt::format("option --precision: {} must be one number or four, fp16, fp32 or a FILE.yaml", shown(text)));
  }
  for (std::size_t i = 0; i < wanted.bits.size(); ++i) {
    const std::string& part = parts[parts.size() == 1 ? 0 : i];
    std::uint64_t value = 0;
    const std::string problem = parse_whole_number(part, mantissa_range.min, mantissa_range.max, value);
    if (!problem.empty()) options.refuse(fmt::format("option --precision: {} {}", shown(part), problem));
    wanted.bits[i] = static_cast<std::uint32_t>(value);
  }
  return wanted;
}

}  // namespace anda::sim
