// SPDX-License-Identifier: Apache-2.0
#include "config/workload_config.h"

#include "workload/gemm.h"
#include "workload/model_shape.h"

namespace anda::sim {

void WorkloadConfig::check(const std::string& path, Problems& problems) const {
  const std::array<const std::string*, 3> sources{&model, &config_json, &trace};
  const char* given = nullptr;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (sources[i]->empty()) continue;
    if (given != nullptr) {
      problems.push_back({join_key(path, alternatives[i]), std::string("is given beside ") + given +
                                                               "; give exactly one of model, config_json and trace"});
    } else {
      given = alternatives[i];
    }
  }
  if (given == nullptr) {
    problems.push_back({path, "says nothing to run; give exactly one of model, config_json and trace"});
    return;
  }
  if (!model.empty()) {
    try {
      find_model(model);
    } catch (const Error& error) {
      problems.push_back({join_key(path, "model"), error.what()});
    }
  }
  if (phase == Phase::prefill && std::uint64_t{tokens} * batch > max_gemm_dimension) {
    problems.push_back({join_key(path, "tokens"), "is " + number_text(tokens) +
                                                      ", times batch = " + number_text(batch) + " must be at most " +
                                                      number_text(max_gemm_dimension) + ", the most rows of a GeMM"});
  }
}

}  // namespace anda::sim
