// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_SERVE_CONFIG_H
#define ANDA_SIM_CONFIG_SERVE_CONFIG_H

#include <string>
#include <vector>

#include "config/cluster_config.h"
#include "config/run_config.h"
#include "config/serving_config.h"

namespace anda::sim {

/// Input of `anda-sim serve`: the configuration of a run with two more sections.
struct ServeConfig : RunConfig {
  ServingConfig serving;
  ClusterConfig system;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    RunConfig::describe(self, visit);
    visit.section("serving", self.serving, "requests and how they are batched; anda-sim serve");
    visit.section("system", self.system, "the accelerators that serve together; anda-sim serve");
  }
  void check(const std::string& path, Problems& problems) const;
};

/// Reads the configuration like load_run_config().
ServeConfig load_serve_config(const std::string& path, const std::vector<std::string>& overrides = {},
                              std::vector<std::string>* files = nullptr);

}  // namespace anda::sim

#endif
