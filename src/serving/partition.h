// SPDX-License-Identifier: Apache-2.0
#ifndef ANDA_SIM_SERVING_PARTITION_H
#define ANDA_SIM_SERVING_PARTITION_H

#include <cstdint>
#include <vector>

#include "config/serve_config.h"
#include "workload/model_shape.h"

namespace anda::sim {

/// The layers of one pipeline stage.
struct Stage {
  std::uint32_t first = 0;
  std::uint32_t end = 0;  ///< one past the last layer
  bool embeds = false;    ///< holds the embedding
  bool answers = false;   ///< holds the output head
};

/// A model partitioned across accelerators.
struct Partition {
  ModelShape model;
  ModelShape shard;  ///< part of one accelerator in a tensor group: its heads and its share of the widths
  std::vector<Stage> stages;

  std::uint64_t block_bytes = 0;   ///< of one cache block on an accelerator of the longest stage
  std::uint64_t weight_bytes = 0;  ///< on the accelerator with the most weights
  std::uint64_t blocks = 0;        ///< number of blocks that fit in memory beside the weights
};

/// Partitions a model. Throws Error (input) if the model cannot be split as configured, or if the weights and one cache
/// block do not fit in memory.
Partition partition_of(const ServeConfig& config, const ModelShape& model);

}  // namespace anda::sim

#endif
