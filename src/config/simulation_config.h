// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_SIMULATION_CONFIG_H
#define ANDA_SIM_CONFIG_SIMULATION_CONFIG_H

#include <anda/base/describe.h>

#include <string>

#include "config/timeline_config.h"

namespace anda::sim {

/// Settings of the simulation itself; they do not affect what is modelled.
struct SimulationConfig {
  double quantum_us = 1000;
  bool fold_layers = false;
  bool fast_forward = true;
  std::string vcd;
  TimelineConfig timeline;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.number("quantum_us", self.quantum_us, Range<double>{1e-3, 1e9},
                 "local time by which a system may run ahead of the others; without effect on results. In a custom "
                 "platform, masters that share one memory through b_transport are served one quantum after another; "
                 "two of them may take up to three times as long as with 0");
    visit.flag("fold_layers", self.fold_layers, "simulate equal layers once and count the result for each");
    visit.flag(
        "fast_forward", self.fast_forward,
        "reuse the known outcome of a recurring state instead of simulating it again; without effect on results");
    visit.text("vcd", self.vcd, "file for waveforms of every block, needs accelerator.level = cycle; empty: none");
    visit.section("timeline", self.timeline, "activity of every block over time, as a file for a viewer");
  }

  void check(const std::string& path, Problems& problems) const {
    const std::string ending = ".vcd";
    if (!vcd.empty() && (vcd.size() <= ending.size() || vcd.substr(vcd.size() - ending.size()) != ending)) {
      problems.push_back({join_key(path, "vcd"), "is " + vcd + ", must end in .vcd"});
    }
  }
};

}  // namespace anda::sim

#endif
