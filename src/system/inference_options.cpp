// SPDX-License-Identifier: Apache-2.0
#include "system/inference_options.h"

#include <anda/numeric/weight_format.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/human.h"
#include "system/survey.h"
#include "text/scalar.h"
#include "text/text.h"
#include "workload/line_reader.h"

namespace anda::sim {
namespace {

constexpr std::uint32_t no_own_lengths = 1u << 30;  // a layer without an entry in precision.layers

std::vector<double> read_expert_load(const std::string& path) {
  std::vector<double> load;
  double sum = 0;
  LineReader lines{InputFile(path)};
  while (lines.next()) {
    const std::string_view text = trimmed(lines.line());
    if (text.empty() || text.front() == '#') continue;
    double share = 0;
    if (parse_number(text, share) != NumberSyntax::good || !std::isfinite(share) || share < 0) {
      throw Error::input(lines.place(),
                         "is " + shown(text) + ", must be the share of an expert, a number of at least 0");
    }
    load.push_back(share);
    sum += share;
  }
  if (!(sum > 0)) throw Error::input(path + ": no expert has a share above 0");
  return load;
}

/// Adds the positions at which mantissa lengths or element widths change.
void add_schedule(const PrecisionConfig& precision, InferenceOptions& options) {
  options.length_changes = length_changes(precision);
  const auto bits_changes = [&](const char* operand, const CacheFormat& format) {
    std::vector<BitsChange> changes;
    std::uint32_t last = format.bits;
    for (const auto& [position, lengths] : precision.schedule) {
      const std::uint32_t bits = precision.scheduled_cache_bits(operand, position).value_or(format.bits);
      if (bits != last) changes.push_back({position, bits});
      last = bits;
    }
    return changes;
  };
  options.key_changes = bits_changes("K", options.keys);
  options.value_changes = bits_changes("V", options.values);
}

}  // namespace

std::vector<std::uint64_t> length_changes(const PrecisionConfig& precision) {
  const auto changes = [&](std::uint32_t from, std::uint32_t to, const char* tensor) {
    const auto of = [&](std::uint32_t layer) {
      return precision.mantissa_bits(layer, tensor, from) != precision.mantissa_bits(layer, tensor, to);
    };
    if (of(no_own_lengths)) return true;
    return std::any_of(precision.layers.begin(), precision.layers.end(),
                       [&](const auto& layer) { return of(layer.first); });
  };
  std::vector<std::uint64_t> positions;
  std::uint32_t last = 0;
  for (const auto& [position, lengths] : precision.schedule) {
    const auto is_changed = [&, position = position](const char* tensor) { return changes(last, position, tensor); };
    if (position > 0 && (std::any_of(tensor_types.begin(), tensor_types.end(), is_changed) ||
                         std::any_of(attention_tensors.begin(), attention_tensors.end(), is_changed))) {
      positions.push_back(position);
    }
    last = position;
  }
  return positions;
}

InferenceOptions inference_options(const RunConfig& config) {
  const WorkloadConfig& workload = config.workload;
  InferenceOptions options;
  options.scope = workload.scope;
  options.phase = workload.phase;
  options.batch = workload.sequences();
  options.output_tokens = workload.output_tokens;
  options.layers = workload.layers;
  options.prefill_chunk = workload.prefill_chunk;
  options.ignore_positions = workload.ignore_positions;
  options.query_block = workload.attention.query_block;
  options.causal = workload.attention.causal;
  options.fuse_projections = workload.fuse_projections;
  options.head_weight_bits = workload.head_weight_bits;
  options.keys = config.kv_cache.k;
  options.values = config.kv_cache.v;
  options.latent = workload.attention.latent;
  options.latent_copy = workload.attention.latent_copy;
  add_schedule(config.precision, options);
  if (!workload.expert_load.empty()) options.expert_load = read_expert_load(workload.expert_load);
  if (config.simulation.fold_layers) {
    options.fold = [precision = config.precision](std::uint32_t a, std::uint32_t b) {
      const auto alike = [&](const char* tensor) {
        return precision.mantissa_bits(a, tensor) == precision.mantissa_bits(b, tensor);
      };
      return std::all_of(tensor_types.begin(), tensor_types.end(), alike) &&
             std::all_of(attention_tensors.begin(), attention_tensors.end(), alike);
    };
  }
  return options;
}

InferenceSize inference_size(const RunConfig& config) {
  const InferenceOptions options = inference_options(config);
  InferenceSize size;
  size.whole_model = options.scope == Scope::model;
  for (const Sequences& sequences : options.batch) {
    size.sequences += sequences.count;
    size.prompt_tokens += sequences.tokens * sequences.count;
  }
  if (options.phase == Phase::decode) size.prompt_tokens = 0;
  if (options.phase != Phase::decode) size.first_tokens = size.sequences;
  if (options.phase == Phase::decode) size.decode_passes = 1;
  if (options.phase == Phase::generate) size.decode_passes = options.output_tokens - 1;
  size.cache_bytes = cache_bytes(shape_of(config.workload), options);
  size.longest_context = longest_context(options);
  return size;
}

double WeightBytes::total(std::uint64_t layers_run, bool whole_model) const {
  return layer * static_cast<double>(layers_run) + (whole_model ? embedding + head : 0);
}

WeightBytes weight_bytes(const RunConfig& config, const ModelShape& shape) {
  const std::uint32_t head_bits = config.workload.head_weight_bits;
  const auto bits_of = [](const WeightFormat& format) {
    return format.bits + static_cast<double>(format.scale_bits + format.zero_bits) / format.scale_group;
  };
  const FormatConfig& format = config.accelerator.format;
  const double table = static_cast<double>(shape.vocabulary * shape.hidden_size);
  const double in_layers = static_cast<double>(parameters_of(shape).total) - table * (shape.tied_embeddings ? 1 : 2);
  const double bytes_each = bits_of(format.weights_of(config.precision.weight_bits)) / 8;
  const Experts& experts = shape.experts;
  const std::uint64_t matrices = shape.gated ? 3 : 2;
  WeightBytes bytes;
  bytes.layer = in_layers / static_cast<double>(shape.layers) * bytes_each;
  // The key half of the matrices is stored twice, grouped along each of its dimensions.
  if (shape.latent && config.workload.attention.latent == LatentWay::automatic) {
    bytes.layer += static_cast<double>(shape.heads * shape.latent.nope_dim * shape.latent.kv_rank) * bytes_each;
  }
  bytes.experts =
      static_cast<double>(experts.count * matrices * shape.hidden_size * experts.intermediate_size) * bytes_each;
  bytes.embedding = table * WeightFormat::fp16_bits / 8;
  // A head of another format is stored besides the FP16 embedding even if the two are tied.
  const bool is_fp16 = head_bits == WeightFormat::fp16_bits;
  bytes.head = is_fp16 ? bytes.embedding : table * bits_of(format.integers_of(head_bits)) / 8;
  if (shape.tied_embeddings && is_fp16) bytes.head = 0;
  return bytes;
}

void check_capacity(const RunConfig& config, const ModelShape& shape, const InferenceOptions& options) {
  const auto cache = static_cast<double>(cache_bytes(shape, options));
  const double weights = weight_bytes(config, shape).total(layers_of(shape, options), options.scope == Scope::model);
  const auto capacity = static_cast<double>(config.dram.capacity_bytes);
  if (weights + cache <= capacity) return;
  throw Error::input(fmt::format(
      "weights of {} and a key/value cache of {}, for contexts of up to {} tokens, exceed dram.capacity_bytes = {}; "
      "use a smaller batch, shorter contexts, fewer bits in kv_cache or a larger memory",
      si_text(weights, "B"), si_text(cache, "B"), longest_context(options), si_text(capacity, "B")));
}

}  // namespace anda::sim
