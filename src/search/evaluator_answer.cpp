// SPDX-License-Identifier: Apache-2.0
#include "search/evaluator_answer.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "text/characters.h"
#include "text/strict_json.h"
#include "text/text.h"

namespace anda::sim {

EvaluatorAnswer read_evaluator_answer(const std::string& line) {
  const std::string hint = "; must be {\"perplexity\": NUMBER} or {\"error\": TEXT}";
  nlohmann::ordered_json answer;
  if (const auto problem = read_json(line, answer)) {
    return {0, fmt::format("answered {}{} ({})", shown(line), hint, problem->what)};
  }
  if (!answer.is_object()) return {0, fmt::format("answered {}{}", shown(line), hint)};
  const auto error = answer.find("error");
  if (error != answer.end()) {
    const bool is_text = error->is_string();
    return {0, "reports an error: " + (is_text ? for_terminal(error->get_ref<const std::string&>()) : shown(line))};
  }
  const auto perplexity = answer.find("perplexity");
  if (perplexity == answer.end() || !perplexity->is_number()) {
    return {0, fmt::format("answered {}{}", shown(line), hint)};
  }
  const auto value = perplexity->get<double>();
  if (!std::isfinite(value) || value <= 0) {
    return {0, fmt::format("answered {}; a perplexity is a positive number", shown(line))};
  }
  return {value, ""};
}

}  // namespace anda::sim
