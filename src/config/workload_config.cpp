// SPDX-License-Identifier: Apache-2.0
#include "config/workload_config.h"

#include <sstream>

#include "config/input_problems.h"
#include "text/scalar.h"
#include "text/text.h"
#include "workload/gemm.h"
#include "workload/model_shape.h"

namespace anda::sim {

void WorkloadConfig::check(const std::string& path, Problems& problems) const {
  const std::array<const std::string*, 3> sources{&model, &config_json, &trace};
  const char* given = nullptr;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (sources[i]->empty()) continue;
    if (given != nullptr) {
      problems.push_back({join_key(path, alternatives[i]), std::string("is given together with ") + given +
                                                               "; give exactly one of model, config_json and trace"});
    } else {
      given = alternatives[i];
    }
  }
  if (given == nullptr) {
    problems.push_back({path, "has nothing to run; give exactly one of model, config_json and trace"});
    return;
  }
  if (!model.empty()) {
    try {
      find_model(model);
    } catch (const Error& error) {
      problems.push_back({join_key(path, "model"), error.what()});
    }
  }
  if (scope == Scope::gemms) {
    check_gemms(path, problems);
  } else {
    check_inference(path, problems);
  }
}

void WorkloadConfig::check_gemms(const std::string& path, Problems& problems) const {
  if (phase == Phase::generate) {
    problems.push_back({join_key(path, "phase"), "is generate, needs workload.scope = layer or model"});
  }
  if (phase == Phase::prefill && std::uint64_t{tokens} * batch > max_gemm_dimension) {
    problems.push_back({join_key(path, "tokens"), "is " + number_text(tokens) +
                                                      ", times batch = " + number_text(batch) + " must be at most " +
                                                      number_text(max_gemm_dimension) + ", the most rows of a GeMM"});
  }
}

void WorkloadConfig::check_inference(const std::string& path, Problems& problems) const {
  if (!trace.empty()) {
    problems.push_back({join_key(path, "scope"), std::string("is ") + name_of(scopes, scope) +
                                                     ", must be gemms with a trace, which defines what runs"});
  }
  if (head_weight_bits > max_weight_bits && head_weight_bits != WeightFormat::fp16_bits) {
    problems.push_back({join_key(path, "head_weight_bits"), "is " + number_text(head_weight_bits) + ", must be 1 … " +
                                                                number_text(max_weight_bits) + " or 16 (FP16)"});
  }
  try {
    sequences();
  } catch (const Error& error) {
    problems.push_back({join_key(path, "prompts"), error.what()});
  }
}

std::vector<Sequences> WorkloadConfig::sequences() const {
  if (prompts.empty()) return {{tokens, batch}};
  std::vector<Sequences> all;
  std::istringstream words(prompts);
  for (std::string word; words >> word;) {
    const std::size_t times = word.find('*');
    const auto number = [&](const std::string& text, std::uint64_t most) {
      std::uint64_t value = 0;
      const std::string problem = parse_whole_number(text, 1, most, value);
      if (!problem.empty()) {
        throw Error::input("is " + in_quotes(prompts) + ", in which " + in_quotes(text) + " " + problem +
                           "; write lengths, each with an optional count after a *: 512*3 2048");
      }
      return value;
    };
    all.push_back({number(word.substr(0, times), max_gemm_dimension),
                   times == std::string::npos ? 1 : number(word.substr(times + 1), 65536)});
  }
  if (all.empty()) throw Error::input("is blank; leave it out or give a length");
  return all;
}

}  // namespace anda::sim
