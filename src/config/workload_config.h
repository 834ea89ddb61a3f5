// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_WORKLOAD_CONFIG_H
#define ANDA_SIM_CONFIG_WORKLOAD_CONFIG_H

#include <anda/base/describe.h>

#include <array>
#include <cstdint>
#include <string>

#include "workload/phase.h"

namespace anda::sim {

/// What is run. Exactly one of model, config_json and trace is not empty.
struct WorkloadConfig {
  std::string model;
  std::string config_json;
  std::string trace;
  Phase phase = Phase::prefill;
  std::uint32_t tokens = 2048;
  std::uint32_t batch = 1;
  std::uint32_t layers = 0;

  static constexpr std::array<const char*, 3> alternatives{"model", "config_json", "trace"};

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.text("model", self.model,
               "a built-in model, LLaMA-13B for example; exactly one of model, config_json and trace is given");
    visit.path("config_json", self.config_json, "the config.json of a Hugging Face model, which gives its shapes");
    visit.path("trace", self.trace, "a CSV file with one GeMM in each row, in the order in which they run");
    visit.choice("phase", self.phase, phases,
                 "prefill: all tokens at once; decode: one new token after so many tokens. Of no effect with a trace");
    visit.number("tokens", self.tokens, Range<std::uint32_t>{1, 1u << 24},
                 "tokens of each sequence. Of no effect with a trace");
    visit.number("batch", self.batch, Range<std::uint32_t>{1, 65536},
                 "sequences run together. Of no effect with a trace");
    visit.number("layers", self.layers, Range<std::uint32_t>{0, 65536},
                 "decoder layers to run, from the first; 0: all of them");
  }

  void check(const std::string& path, Problems& problems) const;
};

}  // namespace anda::sim

#endif
