// SPDX-License-Identifier: Apache-2.0
#include "cli/attention_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "config/catalogue.h"
#include "config/format_file.h"
#include "config/kv_cache_config.h"
#include "text/scalar.h"
#include "text/text.h"

namespace anda::sim {
namespace {

namespace po = boost::program_options;

constexpr std::uint64_t longest_group = 256;

/// Extracts the part of a text before the first slash.
std::string next_part(std::string& text) {
  const std::size_t slash = text.find('/');
  std::string part = text.substr(0, slash);
  text = slash == std::string::npos ? "" : text.substr(slash + 1);
  return part;
}

/// Parses "int4" or "anda5"; returns false for anything else.
bool read_number(const std::string& text, CacheFormat& format) {
  for (const auto& choice : cache_numbers) {
    const std::string name = choice.name;
    if (text.compare(0, name.size(), name) != 0) continue;
    const std::string digits = text.substr(name.size());
    format.number = choice.value;
    if (format.is_fp16()) return digits.empty();
    std::uint64_t bits = 0;
    if (!parse_whole_number(digits, cache_bits_range.min, cache_bits_range.max, bits).empty()) return false;
    format.bits = static_cast<std::uint32_t>(bits);
    return true;
  }
  return false;
}

/// Whether the text is a YAML file or a map in braces.
bool is_yaml(const std::string& text) {
  const std::size_t dot = text.rfind(".yaml");
  return (!text.empty() && text.front() == '{') || (dot != std::string::npos && dot + 5 == text.size());
}

/// Parses NAME[/AXIS] of an operand format, FILE.yaml or {map}, with the default axis of its tensor.
template <class Refuse>
CacheFormat operand_format(const std::string& text, const std::string& option, CacheOperandConfig format,
                           const Refuse& refuse) {
  const std::size_t slash = is_yaml(text) ? std::string::npos : text.find('/');
  format.number = StoredNumber(load_format(text.substr(0, slash), option)->description());
  if (slash != std::string::npos) {
    const std::string axis = text.substr(slash + 1);
    const auto found = std::find_if(cache_axes.begin(), cache_axes.end(),
                                    [&](const Choice<CacheAxis>& choice) { return axis == choice.name; });
    if (found == cache_axes.end()) refuse("has the axis " + shown(axis) + ", must be token or channel");
    format.axis = found->value;
  }
  const Problems problems = problems_of(format);
  if (!problems.empty()) refuse("has a " + problems.front().key + " that " + problems.front().message);
  return format;
}

/// Parses FORMAT[/GROUP[/AXIS]], with the defaults of its tensor.
std::optional<CacheFormat> cache_format(const CommandLine& options, const char* name, CacheOperandConfig format) {
  if (!options.has(name)) return std::nullopt;
  const std::string text = options.text(name);
  const auto refuse = [&](const std::string& right) {
    options.refuse(fmt::format("option --{}: {} {}", name, shown(text), right));
  };
  std::string rest = text;
  if (const std::vector<std::string> names = format_names();
      std::find(names.begin(), names.end(), text.substr(0, text.find('/'))) != names.end() || is_yaml(text)) {
    return operand_format(text, fmt::format("option --{}", name), format, refuse);
  }
  if (!read_number(next_part(rest), format)) {
    refuse(
        fmt::format("must be fp16, int{0} … int{1} or anda{0} … anda{1}, optionally followed by /GROUP and /AXIS, or a "
                    "format of anda-sim formats: {2}, a YAML file or a map",
                    cache_bits_range.min, cache_bits_range.max, joined(format_names())));
  }
  if (const std::string group = next_part(rest); !group.empty()) {
    std::uint64_t elements = 0;
    const std::string problem = parse_whole_number(group, 1, longest_group, elements);
    if (!problem.empty()) refuse("has a group that " + problem);
    format.group = static_cast<std::uint32_t>(elements);
  }
  if (const std::string axis = next_part(rest); !axis.empty() || !rest.empty()) {
    bool known = false;
    for (const auto& choice : cache_axes) {
      if (axis != choice.name) continue;
      format.axis = choice.value;
      known = true;
    }
    if (!known || !rest.empty()) refuse("has the axis " + shown(axis) + ", must be token or channel");
  }
  const Problems problems = problems_of(format);
  if (!problems.empty()) refuse("has a " + problems.front().key + " that " + problems.front().message);
  return format;
}

std::optional<std::uint32_t> length(const CommandLine& options, const char* name) {
  if (!options.has(name)) return std::nullopt;
  return static_cast<std::uint32_t>(options.number(name, mantissa_range.max, mantissa_range.max));
}

}  // namespace

void add_attention_options(po::options_description& options) {
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  options.add_options()  //
      ("keys", text("FORMAT"),
       "round keys to fp16, int2 … int16 or anda2 … anda16; int4/32/channel: in groups of 32 along the tokens "
       "(default: 64 along the head); or an operand format: mxfp4, nf4/token")                        //
      ("values", text("FORMAT"), "the same for values (default: 64 along the tokens, axis channel)")  //
      ("queries", text("BITS"), "mantissa bits to round queries to")                                  //
      ("probabilities", text("BITS"), "mantissa bits to round the attention's probabilities to");
}

AttentionFormats attention_formats(const CommandLine& options) {
  const KvCacheConfig defaults;
  return {length(options, "queries"), length(options, "probabilities"), cache_format(options, "keys", defaults.k),
          cache_format(options, "values", defaults.v)};
}

}  // namespace anda::sim
