// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_PARTITION_H
#define ANDA_SIM_SERVING_PARTITION_H

#include <cstdint>
#include <vector>

#include "config/serve_config.h"
#include "workload/model_shape.h"

namespace anda::sim {

/// Layers of a pipeline's stage.
struct Stage {
  std::uint32_t first = 0;
  std::uint32_t end = 0;  ///< one behind the last
  bool embeds = false;    ///< has the embedding
  bool answers = false;   ///< has the output head
};

/// A model spread over accelerators.
struct Partition {
  ModelShape model;
  ModelShape shard;  ///< what one accelerator of a tensor group has of it: its heads, its part of the widths
  std::vector<Stage> stages;

  std::uint64_t block_bytes = 0;   ///< of a block of the cache, on an accelerator of the longest stage
  std::uint64_t weight_bytes = 0;  ///< on the accelerator that has most
  std::uint64_t blocks = 0;        ///< that fit beside the weights
};

/// Throws Error (input) if the model cannot be spread like this, or if weights and one block of the cache do not fit.
Partition partition_of(const ServeConfig& config, const ModelShape& model);

}  // namespace anda::sim

#endif
