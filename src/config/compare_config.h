// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_COMPARE_CONFIG_H
#define ANDA_SIM_CONFIG_COMPARE_CONFIG_H

#include <anda/base/element.h>

#include <string>
#include <utility>
#include <vector>

#include "config/run_config.h"

namespace anda::sim {

/// A system that is compared: a processing element, and which of a model's configurations it runs.
struct ComparedSystem {
  std::string name;  ///< "figna" is the element; "anda-0.1" the element anda with the configuration of that name
  Element element;

  bool has_own_config() const { return name != element.name(); }
};

/// A model with the configurations that systems run it with: the first for all that have none of their own.
struct ComparedModel {
  struct Run {
    std::string system;  ///< for which it is; empty: for all
    std::string path;
    RunConfig config;
  };

  std::string name;
  std::vector<Run> runs;

  /// Index in runs of what a system runs; runs.size() if it has none.
  std::size_t run_of(const ComparedSystem& system) const;
};

/// What `anda-sim compare` reads: every system runs every model.
struct CompareConfig {
  std::string name;
  std::vector<ComparedSystem> systems;  ///< the first is the baseline
  std::vector<ComparedModel> models;
};

/// What narrows a comparison down; empty: everything that the file has.
struct CompareSelection {
  std::vector<std::string> systems;
  std::vector<std::string> models;
};

/// Reads a file of a comparison and every configuration that it names, each with `overrides` on top. Throws one
/// anda::Error (input) for everything that is wrong, and where what should be the same for a fair comparison is not:
/// machine, memory, technology and tiling of all, the workload of a model.
CompareConfig load_compare_config(const std::string& path, const std::vector<std::string>& overrides = {},
                                  const CompareSelection& selection = {});

}  // namespace anda::sim

#endif
