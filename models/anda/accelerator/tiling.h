// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ACCELERATOR_TILING_H
#define ANDA_ACCELERATOR_TILING_H

#include <anda/accelerator/accelerator_config.h>
#include <anda/base/describe.h>
#include <anda/dataflow/gemm_task.h>
#include <anda/dram/dram_config.h>

namespace anda {

/// How the shape of the steps of a GeMM is chosen.
enum class Tiling {
  paper,     ///< weights of k × 64 columns stay, the rows of activations stream past an array's height at a time
  automatic  ///< the legal shape with the least DRAM traffic; before a detailed memory, of those that are not slow
             ///< there
};

inline constexpr ChoiceTable<Tiling, 2> tilings{{{"paper", Tiling::paper}, {"auto", Tiling::automatic}}};

/// Columns of the weights that `paper` keeps on chip (an inference: not published).
inline constexpr std::uint32_t paper_step_columns = 64;

/// `automatic` before a memory of level detailed: how much longer than the fastest shape, by StepTime, a shape of less
/// traffic may take.
inline constexpr double step_time_slack = 1.05;

/// The shape of the steps of a task, whose operands come from `memory`. Throws Error (input) naming the memory that is
/// too small if no shape is legal.
StepShape choose_step(Tiling tiling, const AcceleratorConfig& config, const GemmTask& task,
                      const DramConfig& memory = {});

}  // namespace anda

#endif
