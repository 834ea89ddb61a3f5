// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_CONFIG_FUNCTIONAL_CONFIG_H
#define ANDA_SIM_CONFIG_FUNCTIONAL_CONFIG_H

#include <anda/base/describe.h>
#include <anda/numeric/non_finite.h>
#include <anda/numeric/rounding.h>

#include <cstdint>
#include <string>

namespace anda::sim {

/// Simulation with real data; does not affect time or energy.
struct FunctionalConfig {
  bool enabled = false;
  std::uint64_t seed = 1;
  std::string activations;
  std::string weights;
  NonFinite non_finite = NonFinite::refuse;
  DotFormat dot_format = DotFormat::fp16;
  bool dump = false;

  template <class Self, class Visitor>
  static void describe(Self& self, Visitor& visit) {
    visit.flag("enabled", self.enabled,
               "move real data from external memory through the machine and back; false: only sizes are modelled");
    visit.number("seed", self.seed, Range<std::uint64_t>{0, std::uint64_t{1} << 63}, "seed of generated data");
    visit.path("activations", self.activations,
               "A of each GeMM, m × k: a .npy file of float16 or float32, or a raw file of such numbers; or a folder "
               "with 0.activations.npy, 1.activations.npy … for the rows of the workload. Empty: generated",
               PathKind::file_or_folder);
    visit.path("weights", self.weights,
               "W of each GeMM, k × n, likewise (0.weights.npy …): float16 or float32, which are quantised, or int8, "
               "used unchanged with scale 1. Empty: generated",
               PathKind::file_or_folder);
    visit.choice("non_finite", self.non_finite, non_finite_choices,
                 "infinity and NaN in activations or in results given to the compressor: refuse ends the run; saturate "
                 "substitutes ±65504 and 0, and counts them");
    visit.choice("dot_format", self.dot_format, dot_format_choices,
                 "format to which the dot product of a group is rounded before scaling");
    visit.flag("dump", self.dump, "write the tensors as .npy files into the folder tensors next to the report");
  }
};

}  // namespace anda::sim

#endif
