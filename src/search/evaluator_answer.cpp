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

EvaluatorAnswer problem_answer(std::string problem) { return {0, 1, std::move(problem), {}}; }

bool is_perplexity(double value) { return std::isfinite(value) && value > 0; }

}  // namespace

EvaluatorAnswer read_evaluator_answer(const std::string& line) {
  const std::string hint = "; must be {\"perplexity\": NUMBER} or {\"error\": TEXT}";
  Json answer;
  if (const auto problem = read_json(line, answer)) {
    return problem_answer(fmt::format("answered {}{} ({})", shown(line), hint, problem->what));
  }
  if (!answer.is_object()) return problem_answer(fmt::format("answered {}{}", shown(line), hint));
  if (answer.contains("error")) {
    const Json& error = answer.at("error");
    return problem_answer("reports an error: " +
                          (error.is_string() ? for_terminal(error.get<std::string>()) : shown(line)));
  }
  if (!answer.contains("perplexity") || !answer.at("perplexity").is_number()) {
    return problem_answer(fmt::format("answered {}{}", shown(line), hint));
  }
  const auto value = answer.at("perplexity").get<double>();
  if (!is_perplexity(value)) {
    return problem_answer(fmt::format("answered {}; a perplexity is a positive number", shown(line)));
  }
  EvaluatorAnswer read{value, 1, "", {}};
  const Json parts = answer.value("perplexities", Json::array());
  if (!parts.is_array()) {
    return problem_answer(fmt::format("answered {}; perplexities is a list of positive numbers", shown(line)));
  }
  for (const Json& part : parts) {
    read.parts.push_back(part.is_number() ? part.get<double>() : 0);
    if (is_perplexity(read.parts.back())) continue;
    return problem_answer(fmt::format("answered {}; perplexities is a list of positive numbers", shown(line)));
  }
  const auto stopped = answer.find("stopped_after");
  if (stopped == answer.end()) return read;
  read.share = stopped->is_number() ? stopped->get<double>() : 0;
  if (!(read.share > 0 && read.share < 1)) {
    return problem_answer(
        fmt::format("answered {}; stopped_after is a share of the text, above 0 and below 1", shown(line)));
  }
  return read;
}

}  // namespace anda::sim
