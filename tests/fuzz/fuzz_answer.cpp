// SPDX-License-Identifier: Apache-2.0
// A line that an evaluator answers.

#include "fuzz.h"
#include "search/evaluator_answer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto answer = anda::sim::read_evaluator_answer(std::string(fuzz::text_of(data, size)));
  if (answer.problem.empty() ? !(answer.perplexity > 0) : anda::sim::for_terminal(answer.problem) != answer.problem) {
    std::abort();
  }
  return 0;
}
