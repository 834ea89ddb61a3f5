// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SEARCH_COMMAND_EVALUATOR_H
#define ANDA_SIM_SEARCH_COMMAND_EVALUATOR_H

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "files/child_process.h"
#include "files/file_descriptor.h"
#include "search/evaluator.h"
#include "search/evaluator_answer.h"

namespace anda::sim {

/// A program that computes perplexities, started once, through the shell, at the first question. It receives one JSON
/// object per line on its standard input and answers each with one on its standard output; it shares our standard
/// error. docs/search.md describes the protocol. Any misbehaviour is an Error (run) that names it: exit, silence, an
/// invalid answer, more than one answer. The program runs in its own process group, which is ended with this object.
class CommandEvaluator : public Evaluator {
 public:
  /// `timeout_s` applies to each answer. `go_on`, polled several times a second while waiting, ends the wait by
  /// returning false.
  CommandEvaluator(std::string command, double timeout_s, std::function<bool()> go_on);
  ~CommandEvaluator() override;

  double baseline() override;
  double perplexity(const Precisions& precisions) override;
  Evaluated perplexity_within(const Precisions& precisions, double tolerance) override;
  PositionPerplexities by_position(const Precisions* precisions, const std::vector<std::uint32_t>& positions) override;

 private:
  /// `may_stop`: whether the question allows the evaluation to end early.
  Evaluated ask(const std::string& question, bool may_stop);
  EvaluatorAnswer answer_to(const std::string& question);
  void start();
  void refuse_early_answer();
  std::string exchange(const std::string& question);
  void stop(bool patiently);
  /// Gives the program some time to end.
  std::optional<ChildProcess::End> wait_for_end() const;
  [[noreturn]] void fail(const std::string& problem) const;
  [[noreturn]] void fail_ended();

  std::string command_;
  double timeout_s_;
  std::function<bool()> go_on_;
  std::optional<ChildProcess> process_;
  FileDescriptor to_;
  FileDescriptor from_;
  std::uint64_t answers_ = 0;
};

}  // namespace anda::sim

#endif
