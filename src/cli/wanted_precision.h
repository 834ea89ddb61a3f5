// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CLI_WANTED_PRECISION_H
#define ANDA_SIM_CLI_WANTED_PRECISION_H

#include <memory>
#include <optional>
#include <string>

#include "cli/command_line.h"
#include "config/run_config.h"
#include "search/builtin_evaluator.h"

namespace anda::sim {

/// The precision that --precision or --activations asks for.
struct WantedPrecision {
  enum class Kind { fp32, fp16, anda, operand };
  Kind kind = Kind::fp16;
  Combination bits{};
  std::optional<RunConfig> config{};  ///< of a configuration file, instead of bits
  std::string path{};
  std::shared_ptr<const OperandFormat> format{};  ///< format given by --activations

  /// The precision as shown in tables.
  std::string text() const;
  /// Throws Error (input) if a configuration does not fit the model.
  ActivationRounding rounding(const BuiltinEvaluator& evaluator) const;
};

/// Parses the option's text. Refuses a wrong text; throws Error (input) for a wrong file.
WantedPrecision parse_activations(const std::string& text);
WantedPrecision parse_precision(const CommandLine& options, const std::string& text);

}  // namespace anda::sim

#endif
