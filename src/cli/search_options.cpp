// SPDX-License-Identifier: Apache-2.0
#include "cli/search_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <anda/base/error.h>
#include <string>

#include "cli/evaluator_choice.h"
#include "search/search_report.h"
#include "text/nearest.h"
#include "text/scalar.h"
#include "text/text.h"

namespace anda::sim {
namespace {

namespace po = boost::program_options;

constexpr std::uint64_t most_iterations = 1u << 20;
/// The token at position 0 is not predicted, so a part with that token alone has no loss.
constexpr std::uint64_t first_position = 2;
constexpr std::uint64_t most_positions = 1u << 24;

/// Parses "0.1%" or "0.001".
double tolerance_of(const CommandLine& options, const std::string& text) {
  const bool percent = !text.empty() && text.back() == '%';
  const std::string digits(trimmed(percent ? text.substr(0, text.size() - 1) : text));
  double value = 0;
  const bool good = parse_number(digits, value) == NumberSyntax::good && value >= 0;
  if (good && !percent && value >= 1) {
    options.refuse(
        fmt::format("option --tolerance: {} is a loss of {} %; if intended, write it as a percentage, otherwise {}%",
                    text, percent_digits(value), text));
  }
  if (!good || value > 1e6) {
    options.refuse(fmt::format("option --tolerance: {} must be a share such as 0.01 or 1%", shown(text)));
  }
  return percent ? value / 100 : value;
}

SearchedAttention attention_of(const CommandLine& options) {
  SearchedAttention searched{};
  if (!options.has("attention")) return searched;
  const std::vector<std::string> known(attention_dimensions.begin(), attention_dimensions.end());
  for (const std::string& part : list_parts(options.text("attention"))) {
    const auto found = std::find(known.begin(), known.end(), part);
    if (found == known.end()) {
      options.refuse(fmt::format("option --attention: {} must be one of {}{}", shown(part), joined(known, ", "),
                                 did_you_mean(part, known)));
    }
    std::uint32_t& longest = searched[static_cast<std::size_t>(found - known.begin())];
    if (longest != 0) options.refuse(fmt::format("option --attention: {} is given twice", part));
    longest = mantissa_range.max;
  }
  return searched;
}

/// Position of the last token that a workload computes.
std::uint64_t last_position(const WorkloadConfig& workload) {
  std::uint64_t longest = 0;
  for (const Sequences& sequences : workload.sequences()) longest = std::max(longest, sequences.tokens);
  if (workload.phase == Phase::prefill) return longest - 1;
  return workload.phase == Phase::decode ? longest : longest + workload.output_tokens - 2;
}

/// Parses "512", "decode" or "decode+64".
std::uint64_t position_of(const CommandLine& options, const WorkloadConfig& workload, const std::string& part) {
  const std::string decode = "decode";
  std::uint64_t position = 0;
  if (part.compare(0, decode.size(), decode) != 0) {
    if (parse_whole_number(part, first_position, most_positions, position).empty()) return position;
  } else if (!workload.prompts.empty()) {
    options.refuse(fmt::format("option --schedule: {} is another position for each of workload.prompts", part));
  } else if (part == decode ||
             (part[decode.size()] == '+' &&
              parse_whole_number(part.substr(decode.size() + 1), 1, most_positions, position).empty())) {
    return workload.tokens + position;
  }
  options.refuse(fmt::format("option --schedule: {} must be a position from {} to {}, decode or decode+N", shown(part),
                             first_position, most_positions));
}

}  // namespace

po::options_description search_options() {
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  po::options_description options("Options");
  options.add_options()                                                                                     //
      ("model", text("MODEL"), "a built-in model, a Hugging Face config.json, or a configuration (.yaml)")  //
      ("set", text("KEY=VALUE"), "change a key of the configuration; may be repeated, later ones win");
  add_evaluator_options(options);
  options.add_options()                                                                                             //
      ("tolerance,t", text("LOSS[,LOSS…]"), "allowed losses: 0.1%,1%,5% or 0.001,0.01,0.05 (1%)")                   //
      ("objective", text("WHAT"), "cost to minimise: bops (the default), or cycles, energy or edp, by simulation")  //
      ("attention", text("WHAT[,WHAT…]"),
       "also search A_q, A_p (mantissa bits of queries and probabilities), K and V (bits of cached keys and values)")  //
      ("iterations", text("N"), "iterations for each tolerance (32)")                                     //
      ("per-layer", "then trade bits between individual layers")                                          //
      ("layer-iterations", text("N"), "iterations of the layer search for each tolerance (20 × layers)")  //
      ("schedule", text("WHERE[,WHERE…]"),
       "then find lengths of their own for the tokens from these positions on: numbers, decode (the first token behind "
       "the prompt), decode+N")                                                                 //
      ("schedule-iterations", text("N"), "iterations of that for each tolerance (32 × parts)")  //
      ("early-stop",
       "end evaluations early whose loss is certainly beyond the tolerance (docs/search.md); not with --per-layer's")  //
      ("simulate", "then simulate the results with fp-fp as the baseline")                                     //
      ("out,o", text("DIR"), "results folder (results/search)")                                                //
      ("log", text("FILE"), "log of evaluations, reused by later searches (log.jsonl in the results folder)")  //
      ("json", "print search.json instead of a table")                                                         //
      ("quiet,q", "print errors only")                                                                         //
      ("help,h", "show this help");
  return options;
}

std::vector<double> tolerances_of(const CommandLine& options) {
  std::vector<double> tolerances;
  for (const std::string& part : list_parts(options.text("tolerance", "1%"))) {
    const double tolerance = tolerance_of(options, part);
    for (const double other : tolerances) {
      if (config_file_name(other) != config_file_name(tolerance)) continue;
      options.refuse(fmt::format("option --tolerance: {} % is given twice", percent_digits(tolerance)));
    }
    tolerances.push_back(tolerance);
  }
  return tolerances;
}

SearchSettings settings_of(const CommandLine& options) {
  SearchSettings settings;
  const std::string objective = options.text("objective", "bops");
  std::vector<std::string> names;
  bool known = false;
  for (const auto& choice : objectives) {
    names.emplace_back(choice.name);
    if (objective != choice.name) continue;
    settings.objective = choice.value;
    known = true;
  }
  if (!known) {
    options.refuse(fmt::format("option --objective is {}, must be one of {}{}", shown(objective), joined(names, ", "),
                               did_you_mean(objective, names)));
  }
  settings.attention = attention_of(options);
  settings.iterations = static_cast<std::uint32_t>(options.number("iterations", settings.iterations, most_iterations));
  settings.per_layer = options.has("per-layer");
  settings.early_stop = options.has("early-stop");
  if (options.has("layer-iterations") && !settings.per_layer) {
    options.refuse("--layer-iterations needs --per-layer");
  }
  settings.layer_iterations =
      static_cast<std::uint32_t>(options.number("layer-iterations", settings.layer_iterations, most_iterations));
  if (options.has("schedule-iterations") && !options.has("schedule")) {
    options.refuse("--schedule-iterations needs --schedule");
  }
  options.refuse_together({"schedule", "per-layer"});
  settings.schedule_iterations =
      static_cast<std::uint32_t>(options.number("schedule-iterations", settings.schedule_iterations, most_iterations));
  return settings;
}

std::vector<std::uint32_t> schedule_of(const CommandLine& options, const WorkloadConfig& workload) {
  std::vector<std::uint32_t> positions;
  if (!options.has("schedule")) return positions;
  if (!workload.trace.empty()) {
    throw Error::input("workload.trace is given, must be a model to search with --schedule: rows have no positions");
  }
  const std::uint64_t last = last_position(workload);
  for (const std::string& part : list_parts(options.text("schedule"))) {
    const std::uint64_t position = position_of(options, workload, part);
    if (position > last) {
      options.refuse(fmt::format("option --schedule: {} is position {}, behind the last token of the workload, {}",
                                 part, position, last));
    }
    if (position < first_position) {
      options.refuse(
          fmt::format("option --schedule: {} is position {}, must be {} or more: nothing predicts the token "
                      "before it",
                      part, position, first_position));
    }
    if (!positions.empty() && position <= positions.back()) {
      options.refuse(
          fmt::format("option --schedule: {} must be behind the position before it, {}", part, positions.back()));
    }
    positions.push_back(static_cast<std::uint32_t>(position));
  }
  return positions;
}

}  // namespace anda::sim
