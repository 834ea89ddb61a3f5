// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_ACCELERATOR_TILING_H
#define ANDA_ACCELERATOR_TILING_H

#include <anda/accelerator/accelerator_config.h>
#include <anda/base/describe.h>
#include <anda/dataflow/gemm_task.h>

namespace anda {

/// How the shape of the steps of a GeMM is chosen.
enum class Tiling {
  paper,     ///< weights of k × 64 columns stay, the rows of activations stream past an array's height at a time
  automatic  ///< the legal shape with the least DRAM traffic
};

inline constexpr ChoiceTable<Tiling, 2> tilings{{{"paper", Tiling::paper}, {"auto", Tiling::automatic}}};

/// Columns of the weights that `paper` keeps on chip (an inference: not published).
inline constexpr std::uint32_t paper_tile_columns = 64;

/// The shape of the steps of a task. Throws Error (input) naming the memory that is too small if no shape is legal.
TileShape choose_tile(Tiling tiling, const AcceleratorConfig& config, const GemmTask& task);

}  // namespace anda

#endif
