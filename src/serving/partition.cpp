// SPDX-License-Identifier: Apache-2.0
#include "serving/partition.h"

#include <fmt/format.h>

#include <algorithm>
#include <anda/base/error.h>
#include <anda/base/math.h>
#include <cmath>

#include "report/human.h"
#include "serving/pass_times.h"
#include "system/inference_options.h"

namespace anda::sim {
namespace {

void check_divides(std::uint32_t accelerators, std::uint64_t size, const char* what, const std::string& model) {
  if (size % accelerators == 0) return;
  throw Error::input(
      fmt::format("system.parallel.tensor is {}, must divide the {} {} of {}", accelerators, size, what, model));
}

ModelShape shard_of(const ModelShape& model, std::uint32_t tensor) {
  ModelShape shard = model;
  check_divides(tensor, model.heads, "attention heads", model.name);
  check_divides(tensor, model.kv_heads, "key/value heads", model.name);
  shard.heads /= tensor;
  shard.kv_heads /= tensor;
  // Sparse models may have no dense width.
  if (model.intermediate_size > 0) {
    check_divides(tensor, model.intermediate_size, "columns of the feed-forward part", model.name);
    shard.intermediate_size /= tensor;
  }
  if (model.experts.count > 0) {
    check_divides(tensor, model.experts.intermediate_size, "columns of an expert", model.name);
    check_divides(tensor, model.experts.shared_size, "columns of the shared experts", model.name);
    shard.experts.intermediate_size /= tensor;
    shard.experts.shared_size /= tensor;
  }
  shard.vocabulary = ceil_div(model.vocabulary, std::uint64_t{tensor});
  return shard;
}

/// Splits the layers as evenly as possible; earlier stages get the extra ones.
std::vector<Stage> stages_of(const ModelShape& model, std::uint32_t pipeline) {
  if (pipeline > model.layers) {
    throw Error::input(fmt::format("system.parallel.pipeline is {}, must be at most the {} layers of {}", pipeline,
                                   model.layers, model.name));
  }
  std::vector<Stage> stages;
  std::uint64_t first = 0;
  for (std::uint64_t i = 0; i < pipeline; ++i) {
    const std::uint64_t count = model.layers / pipeline + (i < model.layers % pipeline ? 1 : 0);
    stages.push_back(
        {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(first + count), i == 0, i + 1 == pipeline});
    first += count;
  }
  return stages;
}

double weights_of(const ServeConfig& config, const Partition& partition, const Stage& stage) {
  const WeightBytes bytes = weight_bytes(config, partition.model);
  const double tensor = config.system.parallel.tensor;
  double sum = bytes.layer * (stage.end - stage.first) / tensor;
  for (std::uint32_t layer = stage.first; layer < stage.end; ++layer) {
    // The groups share the experts.
    const double left_out = 1 - 1.0 / config.system.parallel.expert;
    if (partition.model.experts.in_layer(layer)) sum -= bytes.experts * left_out / tensor;
  }
  if (stage.embeds) sum += bytes.embedding;
  // A tied head reuses the embedding, unless another stage holds that.
  const double head = bytes.head == 0 && !stage.embeds ? bytes.embedding : bytes.head;
  if (stage.answers) sum += head / tensor;
  return sum;
}

}  // namespace

Partition partition_of(const ServeConfig& config, const ModelShape& model) {
  const ParallelConfig& parallel = config.system.parallel;
  Partition partition;
  partition.model = model;
  partition.shard = shard_of(model, parallel.tensor);
  partition.stages = stages_of(model, parallel.pipeline);
  if (parallel.split == Split::columns) {
    check_divides(parallel.tensor, model.hidden_size, "columns of the residual stream, with split = columns,",
                  model.name);
    if (model.experts.count > 0) {
      throw Error::input(
          fmt::format("system.parallel.split is columns, must be rows for {}, which has experts", model.name));
    }
  }
  if (model.experts.count % parallel.expert != 0 || (parallel.expert > 1 && model.experts.count == 0)) {
    throw Error::input(fmt::format("system.parallel.expert is {}, must divide the {} experts of {}", parallel.expert,
                                   model.experts.count, model.name));
  }

  // Groups along the tokens are FP16 until they are complete: reserve room for one such group per sequence.
  const std::uint64_t tokens = config.serving.cache.block_tokens;
  const CacheShape cached = cache_shape(partition.shard, served_options(config));
  const std::uint64_t heads = cached.heads * partition.stages.front().end;
  const CacheFormat& keys = config.kv_cache.k;
  const CacheFormat& values = config.kv_cache.v;
  partition.block_bytes = heads * (keys.bytes(tokens, cached.key_width) + values.bytes(tokens, cached.value_width));
  const auto open_elements = [](const CacheFormat& format, std::uint64_t width) -> std::uint64_t {
    if (format.is_fp16() || format.axis != CacheAxis::channel) return 0;
    return (format.group_elements() - 1) * width;
  };
  const double open =
      static_cast<double>((open_elements(keys, cached.key_width) + open_elements(values, cached.value_width)) * 2 *
                          heads) *
      config.serving.scheduler.max_batch;

  double weights = 0;
  for (const Stage& stage : partition.stages) weights = std::max(weights, weights_of(config, partition, stage));
  partition.weight_bytes = static_cast<std::uint64_t>(std::ceil(weights));
  const double room = static_cast<double>(config.dram.capacity_bytes) * config.serving.cache.memory_share;
  const double blocks = std::floor((room - weights - open) / static_cast<double>(partition.block_bytes));
  if (blocks < 1) {
    throw Error::input(fmt::format(
        "weights of {} and a block of the key/value cache of {} on each accelerator exceed {} = "
        "serving.cache.memory_share × dram.capacity_bytes; use more accelerators, fewer bits or a larger memory",
        si_text(weights + open, "B"), si_text(partition.block_bytes, "B"), si_text(room, "B")));
  }
  partition.blocks = static_cast<std::uint64_t>(blocks);
  return partition;
}

}  // namespace anda::sim
