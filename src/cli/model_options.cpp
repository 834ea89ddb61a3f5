// SPDX-License-Identifier: Apache-2.0
#include "cli/model_options.h"

#include <fmt/format.h>

#include <limits>

#include "text/quantity.h"
#include "text/scalar.h"
#include "text/text.h"

namespace anda::sim {
namespace {

namespace po = boost::program_options;

constexpr std::uint64_t most_threads = 1024;

std::uint64_t memory_of(const CommandLine& options) {
  if (!options.has("memory")) return 0;
  const std::string text = options.text("memory");
  std::uint64_t bytes = 0;
  if (parse_number(quantity_text(text, "bytes").value_or(text), bytes) != NumberSyntax::good || bytes == 0) {
    options.refuse(fmt::format("option --memory: {} must be bytes above 0, such as 6GiB", shown(text)));
  }
  return bytes;
}

}  // namespace

void add_model_options(po::options_description& options) {
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  options.add_options()                                                                                   //
      ("tokens", text("FILE"), "token ids: .npy of integers, or a raw file of --token-type")              //
      ("token-type", text("TYPE"), "of a raw file: uint8, uint16 (the default) or int32, little-endian")  //
      ("length", text("N"), "tokens per window (the model's positions, at most 2048)")                    //
      ("stored-weights", "use the weights without rounding")                                              //
      ("threads", text("N"), "threads (number of processors)")                                            //
      ("memory", text("SIZE"),
       "memory to take at most, such as 6GiB; a model that does not fit runs layer by layer "
       "from its files (three quarters of what is available)");
}

BuiltinEvaluatorConfig model_config(const CommandLine& options, const std::string& folder) {
  BuiltinEvaluatorConfig config;
  if (!options.has("tokens")) options.refuse("option --tokens is missing");
  config.model = folder;
  config.tokens = options.text("tokens");
  const std::string type = options.text("token-type", "uint16");
  bool known = false;
  for (const auto& choice : token_types) {
    if (choice.name != type) continue;
    config.token_type = choice.value;
    known = true;
  }
  if (!known) options.refuse(fmt::format("option --token-type: {} must be uint8, uint16 or int32", shown(type)));
  config.length = options.number("length", 0, std::numeric_limits<std::uint32_t>::max());
  config.threads = static_cast<unsigned>(options.number("threads", 0, most_threads));
  if (options.has("stored-weights")) config.weights.reset();
  config.memory_bytes = memory_of(options);
  return config;
}

}  // namespace anda::sim
