// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_COMPARE_CONFIG_H
#define ANDA_SIM_CONFIG_COMPARE_CONFIG_H

#include <anda/base/element.h>

#include <string>
#include <utility>
#include <vector>

#include "config/run_config.h"

namespace anda::sim {

/// A compared system: a processing element, and which of a model's configurations it runs.
struct ComparedSystem {
  std::string name;  ///< "figna" is the element; "anda-0.1" is the element anda with the configuration of that name
  Element element;

  bool has_own_config() const { return name != element.name(); }
};

/// A model and the configurations that systems run it with. The first is for every system without its own.
struct ComparedModel {
  struct Run {
    std::string system;  ///< the system it is for; empty: all systems
    std::string path;
    RunConfig config;
  };

  std::string name;
  std::vector<Run> runs;

  /// Index in runs of the configuration for a system; runs.size() if there is none.
  std::size_t run_of(const ComparedSystem& system) const;
};

/// Input of `anda-sim compare`: every system runs every model.
struct CompareConfig {
  std::string name;
  std::vector<ComparedSystem> systems;  ///< the first is the baseline
  std::vector<ComparedModel> models;
};

/// Restricts a comparison; empty: everything in the file.
struct CompareSelection {
  std::vector<std::string> systems;
  std::vector<std::string> models;
};

/// Reads a comparison file and every configuration it names, each with `overrides` on top. Throws a single anda::Error
/// (input) that lists every problem, or names a difference that makes the comparison unfair: all runs need the same
/// machine, memory, technology, tiling and weight bits, and all runs of a model the same workload.
CompareConfig load_compare_config(const std::string& path, const std::vector<std::string>& overrides = {},
                                  const CompareSelection& selection = {});

}  // namespace anda::sim

#endif
