// SPDX-License-Identifier: Apache-2.0
#include "search/evaluator_answer.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "text/characters.h"
#include "text/strict_json.h"
#include "text/text.h"

namespace anda::sim {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

EvaluatorAnswer read_evaluator_answer(const std::string& line) {
  const std::string hint = "; must be {\"perplexity\": NUMBER} or {\"error\": TEXT}";
  Json answer;
  if (const auto problem = read_json(line, answer)) {
    return {0, 1, fmt::format("answered {}{} ({})", shown(line), hint, problem->what)};
  }
  if (!answer.is_object()) return {0, 1, fmt::format("answered {}{}", shown(line), hint)};
  if (answer.contains("error")) {
    const Json& error = answer.at("error");
    return {0, 1, "reports an error: " + (error.is_string() ? for_terminal(error.get<std::string>()) : shown(line))};
  }
  if (!answer.contains("perplexity") || !answer.at("perplexity").is_number()) {
    return {0, 1, fmt::format("answered {}{}", shown(line), hint)};
  }
  const auto value = answer.at("perplexity").get<double>();
  if (!std::isfinite(value) || value <= 0) {
    return {0, 1, fmt::format("answered {}; a perplexity is a positive number", shown(line))};
  }
  const auto stopped = answer.find("stopped_after");
  if (stopped == answer.end()) return {value, 1, ""};
  const double share = stopped->is_number() ? stopped->get<double>() : 0;
  if (!(share > 0 && share < 1)) {
    return {0, 1, fmt::format("answered {}; stopped_after is a share of the text, above 0 and below 1", shown(line))};
  }
  return {value, share, ""};
}

}  // namespace anda::sim
