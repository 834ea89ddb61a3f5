// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_SIMULATION_CONFIG_H
#define ANDA_SIM_CONFIG_SIMULATION_CONFIG_H

#include <anda/base/describe.h>

namespace anda::sim {

enum class Level { fast };

inline constexpr ChoiceTable<Level, 1> levels{{{"fast", Level::fast}}};

/// How the simulation is done; of no influence on what is modelled.
struct SimulationConfig {
  Level level = Level::fast;
  double quantum_us = 1000;
  bool fold_layers = false;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.choice("level", self.level, levels,
                 "how finely time is modelled; fast: one transaction for each transfer and tile step");
    visit.number("quantum_us", self.quantum_us, Range<double>{1e-3, 1e9},
                 "local time by which a system may run ahead of the others");
    visit.flag("fold_layers", self.fold_layers, "simulate layers that are alike once and count the result for each");
  }
};

}  // namespace anda::sim

#endif
