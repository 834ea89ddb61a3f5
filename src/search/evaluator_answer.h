// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SEARCH_EVALUATOR_ANSWER_H
#define ANDA_SIM_SEARCH_EVALUATOR_ANSWER_H

#include <string>
#include <vector>

namespace anda::sim {

/// What an evaluator answers: a perplexity, finite and above 0, or a problem ("reports an error: …").
struct EvaluatorAnswer {
  double perplexity = 0;
  double share = 1;           ///< of the text that has run, where the evaluation ended early
  std::string problem;        ///< empty: there is a perplexity
  std::vector<double> parts;  ///< of the text by position, where it has them
};

/// Reads a line of an evaluator, {"perplexity": NUMBER}, with "stopped_after": SHARE where the evaluation ended early
/// and "perplexities": [NUMBER, …] by position, or {"error": TEXT}.
EvaluatorAnswer read_evaluator_answer(const std::string& line);

}  // namespace anda::sim

#endif
