// SPDX-License-Identifier: Apache-2.0
#include "cli/search_options.h"

#include <fmt/format.h>

#include <algorithm>
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

/// "0.1%" or "0.001".
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
  return settings;
}

}  // namespace anda::sim
