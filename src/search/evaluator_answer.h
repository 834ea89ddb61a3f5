// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SEARCH_EVALUATOR_ANSWER_H
#define ANDA_SIM_SEARCH_EVALUATOR_ANSWER_H

#include <string>
#include <vector>

namespace anda::sim {

/// The answer of an evaluator: a perplexity, finite and above 0, or a problem ("reports an error: …").
struct EvaluatorAnswer {
  double perplexity = 0;
  double share = 1;           ///< share of the text that has run, if the evaluation ended early
  std::string problem;        ///< empty: there is a perplexity
  std::vector<double> parts;  ///< perplexities by position, if given
};

/// Parses an evaluator's line: {"perplexity": NUMBER}, with "stopped_after": SHARE if the evaluation ended early and
/// "perplexities": [NUMBER, …] by position, or {"error": TEXT}.
EvaluatorAnswer read_evaluator_answer(const std::string& line);

}  // namespace anda::sim

#endif
