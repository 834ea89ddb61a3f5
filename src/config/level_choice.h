// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_LEVEL_CHOICE_H
#define ANDA_SIM_CONFIG_LEVEL_CHOICE_H

#include <anda/dram/dram_config.h>
#include <anda/engine/level.h>

#include <array>
#include <string>

namespace anda::sim {

/// A single word for a pair of levels, accelerator.level and dram.level.
struct LevelChoice {
  const char* name;
  Level accelerator;
  DramLevel dram;
};

inline constexpr std::array<LevelChoice, 3> level_choices{{{"fast", Level::fast, DramLevel::fast},
                                                           {"detailed", Level::fast, DramLevel::detailed},
                                                           {"cycle", Level::cycle, DramLevel::fast}}};

/// The word for a pair, or both levels if there is no such word.
inline std::string level_text(Level accelerator, DramLevel dram) {
  for (const LevelChoice& choice : level_choices) {
    if (choice.accelerator == accelerator && choice.dram == dram) return choice.name;
  }
  return std::string(name_of(levels, accelerator)) + ", memory " + name_of(dram_levels, dram);
}

}  // namespace anda::sim

#endif
