// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ACCELERATOR_TILING_H
#define ANDA_ACCELERATOR_TILING_H

#include <anda/accelerator/accelerator_config.h>
#include <anda/base/describe.h>
#include <anda/dataflow/gemm_task.h>
#include <anda/dram/dram_config.h>

namespace anda {

/// How the step shape of a GeMM is chosen.
enum class Tiling {
  paper,     ///< k × 64 weights stay on chip; activations stream past, one array height of rows at a time
  automatic  ///< the legal shape with the least DRAM traffic; at dram.level detailed, among the shapes that are nearly
             ///< the fastest (step_time_slack)
};

inline constexpr ChoiceTable<Tiling, 2> tilings{{{"paper", Tiling::paper}, {"auto", Tiling::automatic}}};

/// Weight columns that `paper` keeps on chip (inferred, not published).
inline constexpr std::uint32_t paper_step_columns = 64;

/// `automatic` at dram.level detailed: run time, relative to the fastest shape by StepTime, up to which a shape with
/// less traffic is preferred.
inline constexpr double step_time_slack = 1.05;

/// Step shape for a task whose operands come from `memory`. Throws Error (input) with the buffer sizes if none fits.
StepShape choose_step(Tiling tiling, const AcceleratorConfig& config, const GemmTask& task,
                      const DramConfig& memory = {});

}  // namespace anda

#endif
